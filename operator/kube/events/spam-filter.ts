import type { Clock } from '../../time/clock.ts';

/** New Events at once for one object, and the time in milliseconds in which one more is allowed (as client-go). */
const burst = 25;
const refillMs = 300_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Limits how many Events one object gets. Remembers only objects that have used some of theirs. */
export class SpamFilter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one from the object's share. @returns false when there is none left */
  admits(uid: string): boolean {
    const now = this.#clock.now();
    for (const [other, bucket] of this.#buckets) {
      if (tokensAt(bucket, now) >= burst) this.#buckets.delete(other);
    }
    const bucket = this.#buckets.get(uid);
    const tokens = bucket ? tokensAt(bucket, now) : burst;
    if (tokens < 1) return false;
    this.#buckets.set(uid, { tokens: tokens - 1, at: now });
    return true;
  }
}

function tokensAt({ tokens, at }: Bucket, now: number): number {
  return Math.min(burst, tokens + (now - at) / refillMs);
}
