export interface CreationRate {
  readonly perSecond: number;
  readonly seconds: number;
}

/** How much of everything is measured. */
export interface Size {
  /** The steps of the memory curve: so many Pods there are when the operator is restarted. */
  readonly steps: readonly number[];
  /** The step at which floor and operator race, the kinds of PATCH are compared and Pods are created at a rate. */
  readonly racePods: number;
  /** Turns of each. */
  readonly rounds: number;
  /** PATCHes of each kind in a round. */
  readonly patches: number;
  /** Turns of new Pods at a rate. */
  readonly creations: readonly CreationRate[];
  readonly idleSeconds: number;
}

/** About four minutes, on an idle machine. */
export const quickSize: Size = {
  steps: [1_000, 2_000, 10_000],
  racePods: 2_000,
  rounds: 3,
  patches: 300,
  creations: [{ perSecond: 50, seconds: 10 }],
  idleSeconds: 15,
};

/** What the goals are stated for; about twenty minutes, on an idle machine. */
export const fullSize: Size = {
  steps: [1_000, 10_000, 50_000, 100_000],
  racePods: 10_000,
  rounds: 5,
  patches: 500,
  creations: [
    // What two cores bear beside the whole control plane, and what the goal is stated for.
    { perSecond: 50, seconds: 30 },
    { perSecond: 100, seconds: 60 },
  ],
  idleSeconds: 60,
};

/** Milliseconds that an operator is left alone after its start before its memory or idle CPU is measured. */
export const restMs = 10_000;
/** So many Pods of the last step get another answer from the plugin change that concerns few. */
export const changedPods = 100;
/** Calls on their way at a time, in the floor as in the operator's default configuration. */
export const concurrency = 64;
