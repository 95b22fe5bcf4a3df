import type { Call, Failure, Sandbox } from '../../operator/sandbox/contract.ts';
import { type PluginAndPodsOptions, readPluginAndPods } from '../input/plugin-and-pods.ts';
import { structured } from '../output/format.ts';
import { writeLine } from '../output/printable.ts';
import { withProgressBar } from '../output/progress.ts';
import { formatTable } from '../output/table.ts';
import { formatSeconds } from '../output/time.ts';
import { type ExitCode, exitCodes, formatDiagnostic } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { OutputOptions } from '../program/options.ts';
import { withLoadedPlugin } from '../sandbox.ts';

export interface BenchOptions extends PluginAndPodsOptions, OutputOptions {
  /** In milliseconds. */
  readonly duration: number;
}

/** Calls before the measurement make the machine's code warm; half a second does. */
const warmUpMs = 500;

/**
 * Measures a plugin.
 * @returns `failed` when calls ended in errors
 * @throws InputError, UsageError, LoadError
 */
export async function bench(path: string, options: BenchOptions, io: Io): Promise<ExitCode> {
  const { duration, output } = options;
  const { located, pods } = await readPluginAndPods(path, options, io);
  const metadata = pods.map((pod) => pod.metadata);
  const { firstError, ...figures } = await withLoadedPlugin(located, async (program, sandbox) => {
    const now = () => performance.now();
    await measure(program, metadata, sandbox, Math.min(warmUpMs, duration), now, () => {});
    return await withProgressBar(io, 'Measuring', (update) =>
      measure(program, metadata, sandbox, duration, now, update),
    );
  });
  const plugin = located.plugin.metadata.name;
  io.stdout.write(
    output === 'table' ? tableOf(plugin, figures) : await structured({ plugin, ...figures }, output),
  );
  if (firstError === undefined) return exitCodes.done;
  writeLine(io.stderr, formatDiagnostic(located.diagnosticOf(firstError)));
  return exitCodes.failed;
}

function tableOf(plugin: string, figures: Omit<Measurement, 'firstError'>): string {
  const { calls, errors, callsPerSecond, p50Seconds, p99Seconds } = figures;
  const [p50, p99] = [formatSeconds(p50Seconds), formatSeconds(p99Seconds)];
  return formatTable(
    ['PLUGIN', 'CALLS/S', 'P50', 'P99', 'CALLS', 'ERRORS'],
    [[plugin, String(Math.round(callsPerSecond)), p50, p99, String(calls), String(errors)]],
  );
}

export interface Measurement {
  readonly calls: number;
  readonly errors: number;
  /** The whole way: to the sandbox's process, into Lua, and back. */
  readonly callsPerSecond: number;
  /** In Lua alone. */
  readonly p50Seconds: number;
  readonly p99Seconds: number;
  /** The first error, if there was one. */
  readonly firstError: Failure | undefined;
}

/** Batches in flight: while the answers of one are read, the Worker has the next. */
const lanes = 2;
/** A batch is as big as takes this long, so that the end is on time whatever a call takes. */
const batchMs = 20;
const largestBatch = 1_000;

/**
 * Asks a loaded program again and again.
 * @param metadata of the Pods, asked about in turn
 * @param now milliseconds from any starting point
 * @param onProgress is told how much is done, from 0 to 1
 */
export async function measure(
  program: string,
  metadata: readonly string[],
  sandbox: Pick<Sandbox, 'evaluate'>,
  durationMs: number,
  now: () => number,
  onProgress: (done: number) => void,
): Promise<Measurement> {
  const latencies = new Latencies();
  const begun = now();
  let asked = 0;
  let errors = 0;
  let firstError: Failure | undefined;

  const lane = async () => {
    let size = 1;
    while (now() - begun < durationMs) {
      const calls: Call[] = Array.from({ length: size }, () => ({
        metadata: metadata[asked++ % metadata.length] ?? '',
        programs: [program],
      }));
      const sentAt = now();
      for (const [step] of await sandbox.evaluate(calls)) {
        if (step === undefined) continue;
        latencies.add(step.seconds);
        if (step.answer.result !== 'error') continue;
        errors++;
        firstError ??= step.answer.failure;
      }
      const tookMs = Math.max(now() - sentAt, 0.01);
      size = Math.max(1, Math.min(largestBatch, size * 4, Math.round((size * batchMs) / tookMs)));
      onProgress((now() - begun) / durationMs);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));

  const seconds = (now() - begun) / 1000;
  return {
    calls: asked,
    errors,
    callsPerSecond: asked / seconds,
    p50Seconds: latencies.quantile(0.5),
    p99Seconds: latencies.quantile(0.99),
    firstError,
  };
}

/** Each bucket is this much wider than the one before: a quantile is off by half a percent at most. */
const growth = 1.01;
const smallestSeconds = 1e-8;

/** Counts times in buckets, so that any number of them takes the same memory. */
export class Latencies {
  readonly #counts: number[] = [];
  #total = 0;

  add(seconds: number): void {
    const bucket = Math.max(0, Math.round(Math.log(seconds / smallestSeconds) / Math.log(growth)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** The time, in seconds, that a share of all is not above. @param share from 0 to 1 @returns 0 when there is none */
  quantile(share: number): number {
    let left = share * this.#total;
    for (const [bucket, count = 0] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return smallestSeconds * growth ** bucket;
    }
    return 0;
  }
}
