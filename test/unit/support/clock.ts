import type { Clock } from '../../../operator/time/clock.ts';

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it. Its wall time moves along, and may be set by itself. */
export class ManualClock implements Clock {
  #now: number;
  #wallAhead = 0;
  #sleepers: Sleeper[] = [];

  /** @param now where it starts, in milliseconds since the epoch. */
  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now + this.#wallAhead;
  }

  /** Sets the wall clock forward or back by so many milliseconds, as NTP does. */
  setWall(byMs: number): void {
    this.#wallAhead += byMs;
  }

  /** How many sleep now. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { dueAt: this.#now + Math.max(0, ms), wake: resolve };
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#sleepers.push(sleeper);
    // A sleep of nothing ends by itself, as it does on a real clock.
    if (ms <= 0) resolve();
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
    }
  }

  /** Time passes without anybody waking, as for a process that is paused. */
  skip(ms: number): void {
    this.#now += ms;
  }

  /** Moves time on, waking sleepers in order; what they do at once is done when this resolves. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#sleepers.reduce<Sleeper | undefined>(
        (first, sleeper) => (first && first.dueAt <= sleeper.dueAt ? first : sleeper),
        undefined,
      );
      if (next === undefined || next.dueAt > target) break;
      this.#now = Math.max(this.#now, next.dueAt);
      next.wake();
      await settle();
    }
    this.#now = target;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

/** Waits for a condition; fails after a minute, saying what it waited for. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error(`gave up waiting for ${what}`);
    await new Promise(setImmediate);
  }
}
