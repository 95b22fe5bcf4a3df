import type { Clock } from '../time/clock.ts';

/** The first repetition is free, the next waits so many milliseconds, each further one twice as long. */
const firstMs = 1_000;
const longestMs = 60_000;
/** Milliseconds without a repetition after which all is forgiven. */
const forgivenMs = 600_000;

/**
 * How long to wait before a Pod is given what it was given before: somebody else overwrites it, and two programs
 * that answer each other at once would write for ever.
 */
export class OverwriteBackoff {
  readonly #clock: Clock;
  /** By UID: how often, and when the last one was allowed. Only Pods that somebody fights over are in it. */
  readonly #fights = new Map<string, { repetitions: number; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks for leave to repeat a write. @returns 0 when it may be done now, else milliseconds to wait and ask again */
  ask(uid: string): number {
    const now = this.#clock.now();
    const fight = this.#fights.get(uid);
    if (fight === undefined || now - fight.at > forgivenMs) {
      this.#fights.set(uid, { repetitions: 1, at: now });
      return 0;
    }
    const waitMs = Math.min(firstMs * 2 ** (fight.repetitions - 1), longestMs) - (now - fight.at);
    if (waitMs > 0) return waitMs;
    this.#fights.set(uid, { repetitions: fight.repetitions + 1, at: now });
    return 0;
  }

  forget(uid: string): void {
    this.#fights.delete(uid);
  }
}
