import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { systemClock } from '../../operator/time/clock.ts';
import { printable } from '../output/printable.ts';
import { type ExitCode, exitCodes } from '../program/exit-codes.ts';
import type { Io } from '../program/io.ts';
import { pluginReference } from './plugins.ts';
import { type Waited, waitUntilReady } from './wait.ts';

/** Says where in the author's files something is that the operator names by plugin and line, or by a test's name. */
export interface AuthorsPlaces {
  /** A message with places of the script, `opengauss:12:`, in the words of the author's file. */
  inScript(message: string): string;
  /** Where a test stands, as `tests.yaml:7`. */
  ofTest(name: string): string;
}

/** What a script's author sees who has no file at hand. */
export function clusterPlaces(plugin: string): AuthorsPlaces {
  return { inScript: (message) => message, ofTest: (name) => `${plugin}: test "${name}"` };
}

/** Shows what the API server advises against, as kubectl does. */
export function showWarnings(places: AuthorsPlaces, io: Pick<Io, 'stderr'>): (text: string) => void {
  return (text) => io.stderr.write(`Warning: ${printable(places.inScript(text))}\n`);
}

/**
 * Waits until a plugin is Ready and says so, or why it is not.
 * @param client where it is
 * @param says whether a line about success goes to stdout
 */
export async function reportReadiness(
  plugin: LuaPlugin,
  { client, timeoutMs, places, io, says }: ReportOptions,
): Promise<{ readonly code: ExitCode; readonly plugin: LuaPlugin }> {
  const { name } = plugin.metadata;
  const waited = await waitUntilReady({
    client,
    plugin,
    timeoutMs,
    clock: systemClock,
    onWaiting: (message) => io.stderr.write(`waiting: ${printable(places.inScript(message))}\n`),
  });
  const { readiness } = waited;
  if (readiness.state === 'ready') {
    if (says) io.stdout.write(`${pluginReference(name)} is Ready: ${printable(readiness.message)}\n`);
    return { code: exitCodes.done, plugin: waited.plugin };
  }
  for (const line of failureLines(waited, timeoutMs, places)) io.stderr.write(`${printable(line)}\n`);
  return { code: exitCodes.failed, plugin: waited.plugin };
}

export interface ReportOptions {
  readonly client: KubeClient;
  readonly timeoutMs: number;
  readonly places: AuthorsPlaces;
  readonly io: Io;
  readonly says: boolean;
}

/** Why a plugin is not Ready: the reason with its place, each failed test, and what serves meanwhile. */
export function failureLines(
  { readiness, plugin }: Waited,
  timeoutMs: number,
  places: AuthorsPlaces,
): string[] {
  if (readiness.state === 'ready') return [];
  const { name } = plugin.metadata;
  const { status } = plugin;
  if (readiness.reason === undefined) {
    return [
      `${name}: ${readiness.message} after ${timeoutMs / 1000} s; is it running? (kubectl get pods -A -l app.kubernetes.io/name=lua-plugin-operator)`,
    ];
  }
  const failures = readiness.reason === 'TestsFailed' ? (status?.tests?.failures ?? []) : [];
  const message = places.inScript(readiness.message);
  // A message that begins with a place of the author's file is where an editor can jump to.
  const first =
    message !== readiness.message && !readiness.message.startsWith(message)
      ? `${message} (${readiness.reason})`
      : `${name}: ${readiness.reason}: ${message}`;
  const active = status?.activeRevision;
  const serving =
    active === undefined
      ? `${name} is not asked about Pods until that is mended`
      : `meanwhile revision ${active.number} (generation ${active.generation}) goes on serving`;
  return [
    first,
    ...failures.map((failure) => `${places.ofTest(failure.name)}: ${places.inScript(failure.message)}`),
    readiness.state === 'waiting' ? `${name}: not Ready after ${timeoutMs / 1000} s; ${serving}` : serving,
  ];
}
