import type { Condition } from './generated.ts';

/**
 * The conditions of a LuaPlugin. `Ready`: the latest generation is loaded, tested and serving, or dormant, since nothing
 * of what it is for is on the cluster. `Serving`: some revision serves, after a bad update the last good one.
 * `Degraded`: errors recur. `Stalled`: waiting will not heal it; kstatus has it present only while it is True.
 * `Conflicted`, too: another plugin of the same priority calls some Pod differently.
 */
export const conditionTypes = ['Ready', 'Serving', 'Degraded', 'Stalled', 'Conflicted'] as const;
export type ConditionType = (typeof conditionTypes)[number];

/**
 * Every reason that a condition may give, with its message where that is always the same; the others' message
 * is made where they arise. They are part of the contract with users: add, but do not rename.
 */
export const reasons = {
  /** A revision serves; with Ready it is the latest generation's. */
  Serving: undefined,
  /** The plugin is not asked, its Pods go to the next one. */
  Suspended: 'spec.suspend is true',
  /** The object breaks the schema, which the API server lets through only when its CRD is another version. */
  InvalidSpec: undefined,
  /** The script is no valid Lua. */
  CompileError: undefined,
  /** The script's top level failed, or it does not define the function. */
  LoadError: undefined,
  /** Loading took longer than spec.limits.timeout. */
  LoadTimeout: undefined,
  /** Loading took more than spec.limits.memory. */
  OutOfMemory: undefined,
  /** The sandbox died while it loaded the script. */
  SandboxCrashed: undefined,
  /** Cases of spec.tests failed. */
  TestsFailed: undefined,
  /** spec.parameters breaks spec.parametersSchema, or that is no schema. */
  InvalidParameters: undefined,
  /** The ConfigMap or the key that spec.scriptFrom names does not exist. */
  ScriptNotFound: undefined,
  /** Ready is True and nothing serves: an API group of spec.requires is not served, so there are no Pods for it. */
  Dormant: undefined,
  /** Serving is False: an API group of spec.requires is not served. */
  DependencyMissing: undefined,
  /** Calls overran their limits repeatedly; the message says when the plugin is tried again. */
  Quarantined: undefined,
  /** Serving is False: no revision was ever good, or the plugin is out of service. */
  NoRevision: 'no revision serves',
  /** Degraded is True; the message holds the latest error. */
  ErrorsRecur: undefined,
  /** Conflicted is True: of two plugins of one priority the name decides. */
  SamePriority: undefined,
  /** Degraded is False. */
  NoErrors: 'no error in the last 5 minutes',
} as const satisfies Record<string, string | undefined>;
export type Reason = keyof typeof reasons;

/** The reasons that the condition Ready gives. */
export type ReadyReason = Exclude<
  Reason,
  'NoRevision' | 'ErrorsRecur' | 'NoErrors' | 'SamePriority' | 'DependencyMissing'
>;

/** A condition as the operator wants it; the rest of metav1.Condition follows from the ones that are there. */
export interface WantedCondition {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  /** Without it the reason's own message is used, or none. */
  readonly message?: string;
  /** The metadata.generation that the condition speaks of. */
  readonly observedGeneration: number;
}

/**
 * Puts a condition into a plugin's conditions.
 * @param now the time as RFC 3339, used when the status is another than before
 * @returns a new list, in the order of conditionTypes, then conditions that others set
 */
export function setCondition(
  conditions: readonly Condition[],
  wanted: WantedCondition,
  now: string,
): Condition[] {
  const before = conditions.find(({ type }) => type === wanted.type);
  const after: Condition = {
    type: wanted.type,
    status: wanted.status,
    observedGeneration: wanted.observedGeneration,
    lastTransitionTime: before?.status === wanted.status ? before.lastTransitionTime : now,
    reason: wanted.reason,
    message: wanted.message ?? reasons[wanted.reason] ?? '',
  };
  return [...conditions.filter(({ type }) => type !== wanted.type), after].sort(byType);
}

/** Takes a condition out, for those that are present only while true; returns a new list. */
export function removeCondition(conditions: readonly Condition[], type: ConditionType): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

function byType(a: Condition, b: Condition): number {
  return rank(a.type) - rank(b.type) || (a.type < b.type ? -1 : 1);
}

function rank(type: string): number {
  const ranks: readonly string[] = conditionTypes;
  const index = ranks.indexOf(type);
  return index < 0 ? ranks.length : index;
}
