import { readOnePlugin } from '../../input/one-plugin.ts';
import { checkPodOptions, type PodOptions, podsOfOptions } from '../../input/pods-of-options.ts';
import type { LocatedPlugin } from '../../input/valid-plugin.ts';
import { formatSeconds } from '../../output/duration.ts';
import { type Format, structured } from '../../output/format.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { formatTable } from '../../output/table.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import { formatFinding } from '../../program/finding.ts';
import type { Io } from '../../program/io.ts';
import { loadPlugin, withSandbox } from '../../sandbox.ts';
import { type Measurement, measure } from './measure.ts';

export interface BenchOptions extends PodOptions {
  readonly name?: string;
  readonly output: Format;
  /** In milliseconds. */
  readonly duration: number;
}

/** Calls before the measurement make the machine's code warm; half a second does. */
const warmUpMs = 500;

/**
 * Measures a plugin.
 * @returns `failed` when the script does not load, or calls ended in errors
 */
export async function bench(path: string, options: BenchOptions, io: Io): Promise<ExitCode> {
  checkPodOptions(path, options);
  const located = await readOnePlugin(path, options.name, io);
  const { pods } = await podsOfOptions(options, io);
  const metadata = pods.map((pod) => pod.metadata);
  const measured = await withSandbox(1, async (sandbox) => {
    const program = await loadPlugin(located, 'plugin', sandbox);
    if ('message' in program) {
      io.stderr.write(`${formatFinding(program)}\n`);
      return undefined;
    }
    const now = () => performance.now();
    await measure(program.id, metadata, sandbox, Math.min(warmUpMs, options.duration), now, () => {});
    const bar = progressBar(io, 'Measuring');
    try {
      return await measure(program.id, metadata, sandbox, options.duration, now, bar.update);
    } finally {
      bar.end();
    }
  });
  if (measured === undefined) return exitCodes.failed;
  io.stdout.write(await format(measured, located, options.output));
  if (measured.firstError === undefined) return exitCodes.done;
  io.stderr.write(`${formatFinding(located.findingOf(measured.firstError))}\n`);
  return exitCodes.failed;
}

async function format(measured: Measurement, { plugin }: LocatedPlugin, output: Format): Promise<string> {
  const { name } = plugin.metadata;
  const { calls, errors, callsPerSecond, p50Seconds, p99Seconds } = measured;
  if (output !== 'table') {
    return structured({ plugin: name, calls, errors, callsPerSecond, p50Seconds, p99Seconds }, output);
  }
  const row = [
    name,
    String(Math.round(callsPerSecond)),
    formatSeconds(p50Seconds),
    formatSeconds(p99Seconds),
    String(calls),
    String(errors),
  ];
  return formatTable(['PLUGIN', 'CALLS/S', 'P50', 'P99', 'CALLS', 'ERRORS'], [row]);
}
