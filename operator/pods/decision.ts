import type { PodAnnotations } from './annotations.ts';
import type { Rehearsal } from './rehearsal.ts';

/**
 * What becomes of a Pod's annotations. `keep`: the plugin that had resolved it fails on it now, so the Pod keeps
 * what it has. `retryMs`: what had a part in it may pass, so the Pod is looked at again after so many milliseconds.
 */
export type Decision = {
  readonly retryMs: number | undefined;
  readonly rehearsals?: readonly Rehearsal[];
} & (
  | { readonly action: 'carry'; readonly annotations: PodAnnotations }
  | { readonly action: 'keep'; readonly plugin: string }
);
