import type { Clock } from './clock.ts';

/**
 * Spreads calls evenly, with a burst of a tenth of a second's worth: each taker waits for its turn, in order.
 */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #burstMs = 100;
  readonly #clock: Clock;
  /** When the next turn is due, in the clock's milliseconds. */
  #next = Number.NEGATIVE_INFINITY;

  /** @param perSecond turns a second; 0 means no limit */
  constructor(perSecond: number, clock: Clock) {
    this.#intervalMs = perSecond === 0 ? 0 : 1000 / perSecond;
    this.#clock = clock;
  }

  /** Resolves when it is the caller's turn; rejects with the signal's reason as soon as it aborts. */
  async take(signal?: AbortSignal): Promise<void> {
    if (this.#intervalMs === 0) return;
    const now = this.#clock.now();
    const turn = Math.max(this.#next, now - this.#burstMs);
    this.#next = turn + this.#intervalMs;
    if (turn > now) await this.#clock.sleep(turn - now, signal);
  }
}
