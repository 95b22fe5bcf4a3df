import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions } from '../../cluster/options.ts';
import { type Format, structured } from '../../output/format.ts';
import { printable } from '../../output/printable.ts';
import { CommandError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { findAnnotatedPods, type PodIdentity } from './find-pods.ts';
import { progress } from './progress.ts';
import { findRunningOperator } from './running-operator.ts';
import { type TakenOff, takeOff } from './take-off.ts';

export interface CleanupOptions extends ClusterOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly annotationPrefix: string;
  readonly operatorNamespace: string;
  readonly output: Format;
}

/** What was found and done. */
interface Cleanup {
  readonly annotationPrefix: string;
  /** Pods that had annotations. */
  readonly pods: number;
  readonly cleaned: number;
  readonly gone: number;
  readonly failures: TakenOff['failures'];
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
  const { annotationPrefix: prefix, operatorNamespace, dryRun = false, force = false, yes = false } = options;
  if (!dryRun && !force) await refuseWhileRunning(client, operatorNamespace);
  const keys = new AnnotationKeys(prefix);
  const pods = await findAnnotatedPods(client, keys, signal).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (pods === undefined) return stoppedEarly(io);
  const nothing = { annotationPrefix: prefix, pods: pods.length, cleaned: 0, gone: 0, failures: [] };
  if (dryRun || pods.length === 0) {
    await print(nothing, `${carry(pods.length)} annotations of ${prefix}`, options, io);
    return exitCodes.done;
  }
  if (!yes && io.ask !== undefined) {
    const answer = await io.ask(`${carry(pods.length)} annotations of ${prefix}. Take them off? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) return stoppedEarly(io);
  }
  const result = await takeOffAll(pods, keys, client, signal, io);
  for (const { pod, message } of result.failures) io.stderr.write(`${pod}: ${printable(message)}\n`);
  const left = pods.length - result.cleaned - result.gone;
  const gone = result.gone === 0 ? '' : `; ${count(result.gone)} gone meanwhile`;
  await print(
    { ...nothing, ...result },
    `took the annotations of ${prefix} off ${count(result.cleaned)}${gone}`,
    options,
    io,
  );
  if (left === 0) return exitCodes.done;
  io.stderr.write(
    `${signal.aborted ? 'stopped: ' : ''}${left} of ${count(pods.length)} are left; run it again for the rest\n`,
  );
  return exitCodes.failed;
}

async function refuseWhileRunning(client: KubeClient, namespace: string): Promise<void> {
  const found = await findRunningOperator(client, namespace, systemClock.wallTime());
  if (found === undefined) return;
  throw new CommandError(
    exitCodes.failed,
    `an operator still runs and would write the annotations again (${found}); take it off first (kubectl delete -k config/default), or use --force`,
  );
}

async function takeOffAll(
  pods: readonly PodIdentity[],
  keys: AnnotationKeys,
  client: KubeClient,
  signal: AbortSignal,
  io: Io,
): Promise<TakenOff> {
  const writer = new PodWriter({
    client,
    keys,
    limiter: { take: () => Promise.resolve() },
    onWrite: () => {},
  });
  const shown = progress(io, 'Cleaning Pods', pods.length);
  let done = 0;
  try {
    return await takeOff({
      pods,
      writer,
      clock: systemClock,
      signal,
      onProgress: (now) => {
        done = now;
        shown.update(now / pods.length);
      },
    });
  } catch (error) {
    shown.end();
    io.stderr.write(`${done} of ${count(pods.length)} are done; run it again for the rest\n`);
    throw error;
  } finally {
    shown.end();
  }
}

function stoppedEarly(io: Io): ExitCode {
  io.stderr.write('stopped; nothing was changed\n');
  return exitCodes.failed;
}

async function print(result: Cleanup, sentence: string, { output }: CleanupOptions, io: Io): Promise<void> {
  io.stdout.write(output === 'table' ? `${sentence}\n` : await structured(result, output));
}

function carry(pods: number): string {
  if (pods === 0) return 'no Pod carries';
  return pods === 1 ? '1 Pod carries' : `${pods} Pods carry`;
}

function count(pods: number): string {
  return pods === 1 ? '1 Pod' : `${pods} Pods`;
}
