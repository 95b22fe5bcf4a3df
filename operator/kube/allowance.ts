import type { Clock } from './clock.ts';

/**
 * How much may be taken on: so much at once, refilled evenly. Reading a request costs time that the operator's own
 * work waits for, and anyone in the cluster may send some.
 */
export class Allowance {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #since: number;

  constructor(burst: number, perSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#since = clock.now();
  }

  /** @returns whether so much is left; then it is taken. */
  take(amount: number): boolean {
    const now = this.#clock.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#since) / 1000) * this.#perSecond);
    this.#since = now;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}
