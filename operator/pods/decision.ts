import type { PodAnnotations } from './annotations.ts';

/**
 * What becomes of a Pod's annotations. `keep`: the plugin that had resolved it fails on it now, so the Pod keeps
 * what it has. `retry`: a fault that may pass had a part in it.
 */
export type Decision =
  | { readonly action: 'carry'; readonly annotations: PodAnnotations; readonly retry: boolean }
  | { readonly action: 'keep'; readonly plugin: string; readonly retry: boolean };
