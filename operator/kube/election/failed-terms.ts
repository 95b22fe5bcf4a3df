import type { Logger } from '../../observability/logging.ts';
import { StuckPartError } from '../../process/run-group.ts';
import { Backoff } from '../../time/backoff.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import { describeError } from '../client/errors.ts';

export interface FailedTermsOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Milliseconds until leadership is asked for again. */
const wait = { baseMs: 5_000, maxMs: 120_000 };
/** So many failures within so many milliseconds, and no other term is tried. */
const limit = { failures: 5, withinMs: 15 * 60_000 };

/** What becomes of an instance whose terms fail: it waits longer each time, and in the end only a restart helps. */
export class FailedTerms {
  readonly #options: FailedTermsOptions & { readonly clock: Clock };
  readonly #backoff: Backoff;
  /** When, in the clock's milliseconds. */
  #failures: number[] = [];

  constructor(options: FailedTermsOptions) {
    const { clock = systemClock, random } = options;
    this.#options = { ...options, clock };
    this.#backoff = new Backoff(wait, random);
  }

  /**
   * A term failed: waits until the next one may be asked for, or the signal aborts.
   * @throws when there must be no other: a part of the old one still runs, or too many have failed
   */
  async add(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    if (error instanceof StuckPartError) throw error;
    const now = clock.now();
    const recent = this.#failures.filter((at) => now - at < limit.withinMs);
    if (recent.length === 0) this.#backoff.reset();
    this.#failures = [...recent, now];
    const cause = describeError(error);
    if (this.#failures.length >= limit.failures) {
      const minutes = limit.withinMs / 60_000;
      throw new Error(`${limit.failures} terms failed within ${minutes} minutes, the last one by ${cause}`, {
        cause: error,
      });
    }
    const waitMs = Math.round(this.#backoff.next());
    logger.error({ err: error, waitMs }, `the leader's work failed: ${cause}; its term is over`);
    await clock.sleep(waitMs, signal).catch(() => {});
  }
}
