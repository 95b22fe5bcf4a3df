import { Allowance } from '../../time/allowance.ts';
import { type BackoffLimits, backoffDelay } from '../../time/backoff.ts';
import type { Clock, Random } from '../../time/clock.ts';
import { Delays } from './delays.ts';
import { FairQueue, type Waiting } from './fair-queue.ts';

/** Retries a second of a whole queue, and how many at once, as client-go's default rate limiter of controllers has it. */
const perSecond = 10;
const burst = 100;
/** What one retry takes. A refill of fractions may fall this short of a whole one, and is not worth another wait. */
const almostOne = 1 - 1e-6;
/** A retry that succeeds lets so many others go: what had failed for all comes back as fast as it proves to work. */
const perSuccess = 2;

/**
 * Keys that failed and will be handled again: each after a back-off of its own, and all together at the pace of one
 * bucket, so that those that failed together don't come back together. Those that are due take turns by flow, as in the queue.
 */
export class Retries {
  readonly #limits: BackoffLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Failures in a row, of each key that has any. */
  readonly #failures = new Map<string, number>();
  readonly #backoffs = new Delays();
  /** They wait for the bucket alone, in the order of #turns. */
  readonly #due = new Map<string, Waiting>();
  readonly #turns = new FairQueue();
  readonly #flowOf: (key: string) => string;
  readonly #bucket: Allowance;

  constructor(limits: BackoffLimits, clock: Clock, random: Random, flowOf: (key: string) => string) {
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
    this.#flowOf = flowOf;
    this.#bucket = new Allowance(burst, perSecond, clock);
  }

  /** Whether the key waits here. */
  holds(key: string): boolean {
    return this.#backoffs.has(key) || this.#due.has(key);
  }

  /** When a key may be due, in the clock's milliseconds; undefined while none waits. */
  get nextDueAt(): number | undefined {
    const { nextDueAt } = this.#backoffs;
    if (this.#due.size === 0) return nextDueAt;
    const tokenAt = this.#bucket.availableAt(1);
    return Math.min(tokenAt, nextDueAt ?? tokenAt);
  }

  /**
   * The key failed once more: it waits here from now on.
   * @param minDelayMs it waits so long at least
   * @returns its failures in a row, and how long its back-off is in milliseconds; the bucket may make it longer
   */
  fail(key: string, minDelayMs: number): { failures: number; delayMs: number } {
    const before = this.#failures.get(key) ?? 0;
    this.#failures.set(key, before + 1);
    const delayMs = Math.max(backoffDelay(before, this.#limits, this.#random), minDelayMs);
    this.#backoffs.add(key, this.#clock.now() + delayMs);
    return { failures: before + 1, delayMs };
  }

  /** The key was handled well. */
  succeed(key: string): void {
    if (!this.#failures.has(key)) return;
    this.forget(key);
    this.#bucket.give(perSuccess);
  }

  /** Lets a key that waits here wait for the bucket alone. */
  hurry(key: string): void {
    if (!this.#backoffs.has(key)) return;
    this.#backoffs.delete(key);
    this.#wait(key);
  }

  forget(key: string): void {
    this.#failures.delete(key);
    this.#backoffs.delete(key);
    const waiting = this.#due.get(key);
    if (waiting === undefined) return;
    this.#due.delete(key);
    this.#turns.delete(waiting);
  }

  /** Takes the keys that are due, as many as the bucket has. */
  takeDue(): string[] {
    for (const key of this.#backoffs.takeDue(this.#clock.now())) this.#wait(key);
    const keys: string[] = [];
    while (this.#due.size > 0 && this.#bucket.take(almostOne)) {
      const next = this.#turns.shift();
      if (next === undefined) break;
      this.#due.delete(next.key);
      keys.push(next.key);
    }
    return keys;
  }

  /** The key must not be due. */
  #wait(key: string): void {
    const waiting: Waiting = { key, priority: 0, flow: undefined, before: undefined, after: undefined };
    this.#due.set(key, waiting);
    this.#turns.push(waiting, 0, this.#flowOf(key));
  }
}
