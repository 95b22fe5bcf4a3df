import type { PodAnnotations } from './annotations.ts';

/**
 * What becomes of a Pod's annotations. `keep`: the plugin that had resolved it fails on it now, so the Pod keeps
 * what it has. `retryMs`: what had a part in it may pass, so the Pod is looked at again after so many milliseconds.
 */
export type Decision =
  | { readonly action: 'carry'; readonly annotations: PodAnnotations; readonly retryMs: number | undefined }
  | { readonly action: 'keep'; readonly plugin: string; readonly retryMs: number | undefined };
