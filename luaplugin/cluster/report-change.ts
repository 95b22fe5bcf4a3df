import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { writeLine } from '../output/printable.ts';
import { type ExitCode, exitCodes } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { ChangeFormat, ChangeOptions, OutputOptions } from '../program/options.ts';
import { pluginReference } from './plugins.ts';
import { type Change, printChange } from './print.ts';
import { type Waited, waitUntilReady } from './readiness.ts';
import type { SourceLocations } from './source-locations.ts';
import { waitingOptions } from './waiting.ts';

export type ReportOptions = Pick<ChangeOptions, 'wait' | 'timeout'> & OutputOptions<ChangeFormat>;

/**
 * Says what was done to a plugin; if told to, waits until it is Ready and says so, or why it is not.
 * @returns `failed` when it was to be waited for and is not Ready
 */
export async function reportChange(
  change: Change<LuaPlugin>,
  { wait = false, timeout: timeoutMs, output }: ReportOptions,
  client: KubeClient,
  locations: SourceLocations,
  io: Io,
): Promise<ExitCode> {
  const isSaid = output === 'table';
  if (isSaid || !wait) await printChange(change, output, io);
  if (!wait) return exitCodes.done;
  const waiting = waitingOptions(timeoutMs, io, locations.inScript);
  const waited = await waitUntilReady(change.object, client, waiting);
  const { readiness, plugin } = waited;
  const isReady = readiness.state === 'ready';
  const reference = pluginReference(plugin.metadata.name);
  for (const line of failureLines(waited, timeoutMs, locations)) writeLine(io.stderr, line);
  if (!isSaid) await printChange({ ...change, object: plugin }, output, io);
  else if (isReady) writeLine(io.stdout, `${reference} is Ready: ${readiness.message}`);
  return isReady ? exitCodes.done : exitCodes.failed;
}

/** Why a plugin is not Ready: the reason with its place, each failed test, and what serves meanwhile. */
export function failureLines(
  { readiness, plugin }: Waited,
  timeoutMs: number,
  locations: SourceLocations,
): string[] {
  if (readiness.state === 'ready') return [];
  const { name } = plugin.metadata;
  const { tests, activeRevision: active } = plugin.status ?? {};
  if (readiness.reason === undefined) {
    return [
      `${name}: ${readiness.message} after ${timeoutMs / 1000} s; is it running? (kubectl get pods -A -l app.kubernetes.io/name=lua-plugin-operator)`,
    ];
  }
  const failures = readiness.reason === 'TestsFailed' ? (tests?.failures ?? []) : [];
  const message = locations.inScript(readiness.message);
  // A message that begins with a place of the author's file is where an editor can jump to.
  const first =
    message !== readiness.message && !readiness.message.startsWith(message)
      ? `${message} (${readiness.reason})`
      : `${name}: ${readiness.reason}: ${message}`;
  const serving =
    active === undefined
      ? `${name} is not asked about Pods until that is mended`
      : `meanwhile revision ${active.number} (generation ${active.generation}) goes on serving`;
  return [
    first,
    ...failures.map((failure) => `${locations.ofTest(failure.name)}: ${locations.inScript(failure.message)}`),
    readiness.state === 'waiting' ? `${name}: not Ready after ${timeoutMs / 1000} s; ${serving}` : serving,
  ];
}
