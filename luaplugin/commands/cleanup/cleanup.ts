import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { withCluster } from '../../cluster/connect.ts';
import { structured } from '../../output/format.ts';
import { writeLine } from '../../output/printable.ts';
import { progressBarOrLines } from '../../output/progress.ts';
import { CommandError, type ExitCode, exitCodes } from '../../program/errors.ts';
import { type Io, isConfirmed, nothingChanged } from '../../program/io.ts';
import type { ClusterOptions, OutputOptions } from '../../program/options.ts';
import { findAnnotatedPods, findRunningOperator, type PodIdentity } from './cluster-state.ts';
import { type Removal, removeAnnotations } from './remove-annotations.ts';

export interface CleanupOptions extends ClusterOptions, OutputOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly annotationPrefix: string;
  readonly operatorNamespace: string;
}

/**
 * Takes the operator's annotations off all Pods.
 * @returns `failed` when Pods are left
 * @throws CommandError also when an operator still runs
 */
export async function cleanup(options: CleanupOptions, io: Io): Promise<ExitCode> {
  const stop = new AbortController();
  const undo = io.onInterrupt?.(() => stop.abort());
  try {
    return await withCluster(options, ({ client }) => cleanUp(options, client, stop.signal, io));
  } finally {
    undo?.();
  }
}

async function cleanUp(
  options: CleanupOptions,
  client: KubeClient,
  signal: AbortSignal,
  io: Io,
): Promise<ExitCode> {
  const { annotationPrefix, operatorNamespace, dryRun, force, yes, output } = options;
  if (!dryRun && !force) await refuseWhileRunning(client, operatorNamespace);
  const keys = new AnnotationKeys(annotationPrefix);
  const pods = await findAnnotatedPods(client, keys, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    io.stderr.write(nothingChanged);
    return undefined;
  });
  if (pods === undefined) return exitCodes.failed;
  const print = async ({ cleaned, gone, failures }: Removal, sentence: string) => {
    const result = { annotationPrefix, pods: pods.length, cleaned, gone, failures };
    io.stdout.write(output === 'table' ? `${sentence}\n` : await structured(result, output));
  };
  const found = `${carry(pods.length)} annotations of ${annotationPrefix}`;
  if (dryRun || pods.length === 0) {
    await print({ cleaned: 0, gone: 0, failures: [] }, found);
    return exitCodes.done;
  }
  if (!yes && !(await isConfirmed(`${found}. Take them off?`, io))) return exitCodes.failed;
  const removal = await removeFromAll(pods, keys, client, signal, io);
  const { cleaned, gone, failures } = removal;
  for (const { pod, message } of failures) writeLine(io.stderr, `${pod}: ${message}`);
  const meanwhile = gone === 0 ? '' : `; ${count(gone)} gone meanwhile`;
  await print(removal, `took the annotations of ${annotationPrefix} off ${count(cleaned)}${meanwhile}`);
  const left = pods.length - cleaned - gone;
  if (left === 0) return exitCodes.done;
  const stopped = signal.aborted ? 'stopped: ' : '';
  io.stderr.write(`${stopped}${left} of ${count(pods.length)} are left; run it again for the rest\n`);
  return exitCodes.failed;
}

async function refuseWhileRunning(client: KubeClient, namespace: string): Promise<void> {
  const found = await findRunningOperator(client, namespace, systemClock.wallTime());
  if (found === undefined) return;
  throw new CommandError(
    `an operator still runs and would write the annotations again (${found}); take it off first (kubectl delete -k config/default), or use --force`,
  );
}

async function removeFromAll(
  pods: readonly PodIdentity[],
  keys: AnnotationKeys,
  client: KubeClient,
  signal: AbortSignal,
  io: Io,
): Promise<Removal> {
  const limiter = { take: () => Promise.resolve() };
  const writer = new PodWriter({ client, keys, limiter, onWrite: () => {} });
  const bar = progressBarOrLines(io, 'Cleaning Pods', pods.length);
  let done = 0;
  const onProgress = (now: number) => {
    done = now;
    bar.update(now / pods.length);
  };
  try {
    return await removeAnnotations({ pods, writer, clock: systemClock, signal, onProgress });
  } catch (error) {
    bar.end();
    io.stderr.write(`${done} of ${count(pods.length)} are done; run it again for the rest\n`);
    throw error;
  } finally {
    bar.end();
  }
}

function carry(pods: number): string {
  if (pods === 0) return 'no Pod carries';
  return pods === 1 ? '1 Pod carries' : `${pods} Pods carry`;
}

function count(pods: number): string {
  return pods === 1 ? '1 Pod' : `${pods} Pods`;
}
