import type { Clock } from '../time/clock.ts';

export interface IdleCollectorOptions {
  /** Collects all garbage; takes some 100 ms at 100,000 Pods. */
  readonly collect: () => void;
  /** Bytes of the heap and of what hangs on it, garbage included. */
  readonly heapBytes: () => number;
  /** CPU time of the process so far, in milliseconds. */
  readonly cpuMs: () => number;
  readonly clock: Clock;
}

/** So often it is looked at, in milliseconds. */
const lookMs = 2_000;
/** At rest is who used less of a CPU than this share. */
const restShare = 0.1;
/** Growth, in bytes, that is worth a collection. */
const worthBytes = 16 * 2 ** 20;

/**
 * Gives garbage back to the system once a burst of work is over. V8 collects while memory is being allocated: a
 * program at rest would keep for days what its busiest minute needed.
 */
export class IdleCollector {
  readonly #options: IdleCollectorOptions;
  /** What was left after the last collection. */
  #leftBytes = 0;

  constructor(options: IdleCollectorOptions) {
    this.#options = options;
  }

  /** Looks after the heap until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, cpuMs } = this.#options;
    for (let [at, cpu] = [clock.now(), cpuMs()]; ; ) {
      await clock.sleep(lookMs, signal).catch(() => {});
      if (signal.aborted) return;
      const [atBefore, cpuBefore] = [at, cpu];
      [at, cpu] = [clock.now(), cpuMs()];
      if (cpu - cpuBefore < restShare * (at - atBefore)) this.#tidy();
    }
  }

  #tidy(): void {
    const { collect, heapBytes } = this.#options;
    const bytes = heapBytes();
    // V8 collects by itself, too: then there is less than was left.
    this.#leftBytes = Math.min(this.#leftBytes, bytes);
    if (bytes - this.#leftBytes < worthBytes) return;
    collect();
    this.#leftBytes = heapBytes();
  }
}
