import { setTimeout as delay } from 'node:timers/promises';

/** Time as the operator sees it; tests move a clock of their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest that a timer can wait; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * The machine's clock: right when the process starts, and even from there. Setting the machine's time changes no
 * interval here, and shows in no timestamp before the next start.
 */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, maxTimerMs), undefined, signal ? { signal } : {});
  },
};

/** A number in [0, 1); Math.random unless a test injects its own. */
export type Random = () => number;
