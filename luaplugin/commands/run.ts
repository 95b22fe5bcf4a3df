import { compileMatch } from '../../operator/api/selectors.ts';
import type { Sandbox } from '../../operator/sandbox/contract.ts';
import { retryingSandbox } from '../../operator/sandbox/retrying-sandbox.ts';
import { type PluginAndPodsOptions, readPluginAndPods } from '../input/plugin-and-pods.ts';
import type { PodInput, PodInputs } from '../input/pods.ts';
import { formatWarning, type LocatedPlugin, warningsOf } from '../input/valid-plugin.ts';
import { structured } from '../output/format.ts';
import { linesOf, printable, writeLine } from '../output/printable.ts';
import { withProgressBar } from '../output/progress.ts';
import { formatTable } from '../output/table.ts';
import { formatSeconds } from '../output/time.ts';
import { type Diagnostic, type ExitCode, exitCodes, formatDiagnostic } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { OutputOptions } from '../program/options.ts';
import { withLoadedPlugin } from '../sandbox.ts';

/**
 * Asks a plugin about Pods and shows the answers.
 * @returns `failed` when a call ended in an error
 * @throws InputError, UsageError, LoadError
 */
export async function run(
  path: string,
  options: PluginAndPodsOptions & OutputOptions,
  io: Io,
): Promise<ExitCode> {
  const { output } = options;
  const { located, ...inputs } = await readPluginAndPods(path, options, io);
  const results = await withLoadedPlugin(located, (program, sandbox) => {
    for (const warning of warningsOf(located)) writeLine(io.stderr, formatWarning(warning));
    return withProgressBar(io, 'Asking', (update) =>
      askAboutPods(program, located, inputs, retryingSandbox(sandbox), update),
    );
  });
  const plugin = located.plugin.metadata.name;
  io.stdout.write(output === 'table' ? resultTable(results) : await structured({ plugin, results }, output));
  for (const line of errorLines(results)) writeLine(io.stderr, line);
  if (ignoresNamespaceSelector(located, inputs)) {
    io.stderr.write(
      'note: spec.match.namespaceSelector was not looked at; give the Namespaces along with the Pods\n',
    );
  }
  return results.some(({ result }) => result === 'error') ? exitCodes.failed : exitCodes.done;
}

/** What became of one Pod; `unmatched`: spec.match rules it out, so Lua was not asked. */
export interface PodResult {
  readonly namespace?: string;
  readonly pod?: string;
  readonly result: 'resolved' | 'skipped' | 'unmatched' | 'error';
  readonly type?: string;
  readonly name?: string;
  /** Why there is no answer, and where to look. */
  readonly error?: { readonly reason: string } & Diagnostic;
  /** How long the call took, in seconds. */
  readonly seconds?: number;
  /** What the script printed, at most 4096 bytes. */
  readonly output?: string;
}

/** Pods that are asked about at a time. */
const portion = 1_000;

/**
 * Asks a loaded program about Pods, as the operator does: spec.match first, then Lua.
 * @param onProgress is told how much is done, from 0 to 1
 * @returns a result for each Pod, in their order
 */
export async function askAboutPods(
  program: string,
  located: LocatedPlugin,
  { pods, namespaces }: PodInputs,
  sandbox: Pick<Sandbox, 'evaluate'>,
  onProgress: (done: number) => void,
): Promise<PodResult[]> {
  const matches = compileMatch(matchOf(located, namespaces.size > 0), (name) => namespaces.get(name));
  const results: PodResult[] = [];
  for (let from = 0; from < pods.length; from += portion) {
    const asked = pods.slice(from, from + portion);
    const calls = asked.map((pod) => ({
      metadata: pod.metadata,
      programs: matches(pod.matchable) ? [program] : [],
      output: true,
    }));
    const answers = await sandbox.evaluate(calls);
    results.push(...asked.map((pod, index) => resultOf(pod, answers[index] ?? [], located)));
    onProgress(results.length / pods.length);
  }
  return results;
}

/** Whether namespaceSelector can't be looked at, because the labels of the Namespaces are not known. */
export function ignoresNamespaceSelector(located: LocatedPlugin, { namespaces }: PodInputs): boolean {
  return located.plugin.spec.match?.namespaceSelector !== undefined && namespaces.size === 0;
}

function matchOf({ plugin }: LocatedPlugin, knowsNamespaces: boolean) {
  const { namespaceSelector, ...rest } = plugin.spec.match ?? {};
  return knowsNamespaces && namespaceSelector !== undefined ? { ...rest, namespaceSelector } : rest;
}

type Steps = Awaited<ReturnType<Sandbox['evaluate']>>[number];

function resultOf({ namespace, name: pod }: PodInput, [step]: Steps, located: LocatedPlugin): PodResult {
  const who = { ...(namespace === undefined ? {} : { namespace }), ...(pod === undefined ? {} : { pod }) };
  if (step === undefined) return { ...who, result: 'unmatched' };
  const { answer, seconds, output } = step;
  const call = { seconds, ...(output ? { output } : {}) };
  if (answer.result !== 'error') return { ...who, ...answer, ...call };
  const { failure } = answer;
  const error = { reason: failure.reason, ...located.diagnosticOf(failure) };
  return { ...who, result: 'error', error, ...call };
}

/** The results as a table, and under it what the script printed, each line with its Pod. */
export function resultTable(results: readonly PodResult[]): string {
  const rows = results.map((entry) => [
    podName(entry),
    entry.type ?? '',
    entry.name ?? '',
    entry.error === undefined ? entry.result : `error (${entry.error.reason})`,
    entry.seconds === undefined ? '' : formatSeconds(entry.seconds),
  ]);
  return formatTable(['POD', 'TYPE', 'NAME', 'RESULT', 'TIME'], rows) + printed(results);
}

function printed(results: readonly PodResult[]): string {
  const lines = results.flatMap((entry) =>
    linesOf(entry.output ?? '').map((line) => `[${printable(podName(entry))}] ${printable(line)}\n`),
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** A line for each different error: where, what, and for which Pods. */
export function errorLines(results: readonly PodResult[]): string[] {
  const failed = results.flatMap((entry) =>
    entry.error === undefined ? [] : [{ pod: podName(entry), line: formatDiagnostic(entry.error) }],
  );
  return [...Map.groupBy(failed, ({ line }) => line)].map(([line, pods]) => {
    const others = pods.length === 1 ? '' : ` and ${pods.length - 1} more`;
    return printable(`${line} [${pods[0]?.pod}${others}]`);
  });
}

/** `namespace/name`, as far as the metadata says. */
function podName({ namespace, pod }: PodResult): string {
  return [namespace, pod ?? (namespace === undefined ? '' : '?')].filter(Boolean).join('/');
}
