import type { PodAnnotations } from '../annotations/annotations.ts';

/** What a Pod would carry if a plugin in DryRun mode were to decide. */
export interface DryRunChange {
  readonly plugin: string;
  readonly before: PodAnnotations;
  readonly after: PodAnnotations;
}

/**
 * What becomes of a Pod's annotations. `keep`: the plugin that had resolved it fails on it now, so the Pod keeps
 * what it has, which is what the operator wrote. `retryMs`: what had a part in it may pass, so the Pod is looked at again after so many milliseconds.
 */
export type Decision = {
  readonly retryMs: number | undefined;
  readonly dryRunChanges?: readonly DryRunChange[];
} & (
  | { readonly action: 'carry'; readonly annotations: PodAnnotations }
  | { readonly action: 'keep'; readonly plugin: string }
);

/** A decision, and what was asked for it. */
export interface Decided {
  readonly asked: string;
  readonly decision: Decision;
}

/** Equal decisions that hold as one object: the Pods of a workload have theirs in common, and it takes 90 bytes. */
export class DecidedPool {
  /** The latest by the annotations, which are one object already where they are equal. */
  readonly #latest = new WeakMap<PodAnnotations, Decided>();

  /** The decision that stands for this one. */
  share(decided: Decided): Decided {
    const { asked, decision } = decided;
    const isPlain =
      decision.action === 'carry' && decision.retryMs === undefined && decision.dryRunChanges === undefined;
    if (!isPlain) return decided;
    const known = this.#latest.get(decision.annotations);
    if (known?.asked === asked) return known;
    this.#latest.set(decision.annotations, decided);
    return decided;
  }
}
