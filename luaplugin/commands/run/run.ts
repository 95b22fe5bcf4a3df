import { patientSandbox } from '../../../operator/sandbox/patient-sandbox.ts';
import { readOnePlugin } from '../../input/one-plugin.ts';
import { checkPodOptions, type PodOptions, podsOfOptions } from '../../input/pods-of-options.ts';
import { asWarning, warningsOf } from '../../input/warnings.ts';
import { type Format, structured } from '../../output/format.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import { formatFinding } from '../../program/finding.ts';
import type { Io } from '../../program/io.ts';
import { loadPlugin, withSandbox } from '../../sandbox.ts';
import { askAboutPods, ignoresNamespaceSelector } from './ask.ts';
import { errorLines, resultTable } from './report.ts';

export interface RunOptions extends PodOptions {
  readonly name?: string;
  readonly output: Format;
}

/**
 * Asks a plugin about Pods and shows the answers.
 * @returns `failed` when the script does not load, or a call ended in an error
 */
export async function run(path: string, options: RunOptions, io: Io): Promise<ExitCode> {
  checkPodOptions(path, options);
  const located = await readOnePlugin(path, options.name, io);
  const inputs = await podsOfOptions(options, io);
  const results = await withSandbox(1, async (sandbox) => {
    const program = await loadPlugin(located, 'plugin', sandbox);
    if ('message' in program) {
      io.stderr.write(`${formatFinding(program)}\n`);
      return undefined;
    }
    for (const warning of warningsOf(located)) io.stderr.write(`${formatFinding(asWarning(warning))}\n`);
    const bar = progressBar(io, 'Asking');
    try {
      return await askAboutPods(program.id, located, inputs, patientSandbox(sandbox), bar.update);
    } finally {
      bar.end();
    }
  });
  if (results === undefined) return exitCodes.failed;

  const plugin = located.plugin.metadata.name;
  const text =
    options.output === 'table' ? resultTable(results) : await structured({ plugin, results }, options.output);
  io.stdout.write(text);
  for (const line of errorLines(results)) io.stderr.write(`${line}\n`);
  if (ignoresNamespaceSelector(located, inputs)) {
    io.stderr.write(
      'note: spec.match.namespaceSelector was not looked at; give the Namespaces along with the Pods\n',
    );
  }
  return results.some(({ result }) => result === 'error') ? exitCodes.failed : exitCodes.done;
}
