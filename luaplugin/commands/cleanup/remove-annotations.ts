import { describeError, isRefused, isRetryable, retryAfterMs } from '../../../operator/kube/client/errors.ts';
import { noAnnotations } from '../../../operator/pods/annotations/annotations.ts';
import type { PodWriter } from '../../../operator/pods/write/writer.ts';
import type { Clock } from '../../../operator/time/clock.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
import type { PodIdentity } from './cluster-state.ts';

/** What became of the Pods. */
export interface Removal {
  /** They have no annotation of the operator any more. */
  cleaned: number;
  /** They were deleted meanwhile. */
  gone: number;
  /** The API server refuses to change them. */
  readonly failures: { readonly pod: string; readonly message: string }[];
}

export interface RemovalOptions {
  readonly pods: readonly PodIdentity[];
  readonly writer: Pick<PodWriter, 'write'>;
  readonly clock: Clock;
  /** When it aborts, no more Pods are begun; those under way are finished. */
  readonly signal: AbortSignal;
  /** @param done Pods so far */
  readonly onProgress: (done: number) => void;
}

/** Writes on their way at a time: as many as there are connections. */
const concurrency = 16;
/** How long, in milliseconds, a Pod waits before it is tried again; after the last one all is given up. */
const retryDelaysMs = [500, 2_000, 5_000];

/**
 * Takes the operator's annotations off Pods.
 * @throws ApiError, ConnectionError when the API server can't be had or forbids it; the rest is left as it is then
 */
export async function removeAnnotations(options: RemovalOptions): Promise<Removal> {
  const { pods, signal, onProgress } = options;
  const result: Removal = { cleaned: 0, gone: 0, failures: [] };
  let fatal: { readonly error: unknown } | undefined;
  await forEachAtOnce(pods, concurrency, async (pod) => {
    if (signal.aborted || fatal !== undefined) return;
    try {
      const outcome = await removeFromOne(pod, options);
      if (outcome !== undefined) result[outcome] += 1;
    } catch (error) {
      if (!isRefused(error)) fatal ??= { error };
      else result.failures.push({ pod: `${pod.namespace}/${pod.name}`, message: describeError(error) });
    }
    onProgress(result.cleaned + result.gone + result.failures.length);
  });
  if (fatal !== undefined) throw fatal.error;
  return result;
}

/** @returns undefined when it was stopped before it was done */
async function removeFromOne(
  pod: PodIdentity,
  { writer, clock, signal }: RemovalOptions,
): Promise<'cleaned' | 'gone' | undefined> {
  for (let tried = 0; ; tried += 1) {
    try {
      return (await writer.write(pod, noAnnotations)) === undefined ? 'gone' : 'cleaned';
    } catch (error) {
      const delayMs = retryDelaysMs[tried];
      if (delayMs === undefined || !isRetryable(error)) throw error;
      await clock.sleep(Math.max(delayMs, retryAfterMs(error) ?? 0), signal).catch(() => {});
      if (signal.aborted) return undefined;
    }
  }
}
