import type { Clock } from './clock.ts';

/**
 * How much may be taken on: so much at once, refilled evenly. What it bounds comes in any number: requests, which anyone
 * in the cluster may send, and whose reading costs time that the operator's own work waits for; retries of all Pods.
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
    this.#refill();
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }

  /** So much more may be taken, up to what may be at once. */
  give(amount: number): void {
    this.#refill();
    this.#left = Math.min(this.#burst, this.#left + amount);
  }

  /** When so much will be left if nothing is taken meanwhile, in the clock's milliseconds. */
  availableAt(amount: number): number {
    this.#refill();
    return this.#since + (Math.max(0, amount - this.#left) / this.#perSecond) * 1000;
  }

  #refill(): void {
    const now = this.#clock.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#since) / 1000) * this.#perSecond);
    this.#since = now;
  }
}
