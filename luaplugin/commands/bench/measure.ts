import type { Call, Failure, Sandbox } from '../../../operator/sandbox/contract.ts';
import { Latencies } from './latencies.ts';

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
