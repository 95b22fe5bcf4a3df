import type { Random } from './clock.ts';

/** Bounds of a back-off, in milliseconds. */
export interface BackoffLimits {
  /** The first delay, before jitter. */
  baseMs: number;
  /** No delay is longer. */
  maxMs: number;
}

/**
 * The delay before try number `attempt` (0 is the first retry): doubled each time, capped, then between half of it
 * and all of it, so that clients that failed together do not come back together.
 */
export function backoffDelay(attempt: number, limits: BackoffLimits, random: Random): number {
  // 2 ** 1024 is Infinity, which the cap takes care of.
  const ceiling = Math.min(limits.maxMs, limits.baseMs * 2 ** attempt);
  return ceiling * (0.5 + 0.5 * random());
}

/** The back-off of one loop. Reset it only after proven success, never after a mere try. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #attempt = 0;

  constructor(limits: BackoffLimits, random: Random = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Milliseconds to wait now; each call waits longer than the last, up to the cap. */
  next(): number {
    return backoffDelay(this.#attempt++, this.#limits, this.#random);
  }

  /** What was tried has worked. */
  reset(): void {
    this.#attempt = 0;
  }
}
