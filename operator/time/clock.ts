import { uptime } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Time as the operator sees it; tests move a clock of their own. */
export interface Clock {
  /**
   * Milliseconds from some moment on, for intervals: it never goes back, whatever is done to the machine's clock. It is
   * no time of day.
   */
  now(): number;
  /**
   * Milliseconds since the epoch, for stamps, and for comparing with those of others. It may be set forward or back at
   * any time.
   */
  wallTime(): number;
  /** Resolves after that many milliseconds; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Where a MachineClock reads; milliseconds. */
export interface ClockReadings {
  /** Never goes back, and may stand still while the machine sleeps. */
  readonly steady: () => number;
  readonly wall: () => number;
  /** Since the machine started, its sleep included; never goes back. */
  readonly uptime: () => number;
}

/** The longest that a timer can wait; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1;
/** So much, in milliseconds, have steady and wall time to drift apart before somebody asks why. */
const noticedMs = 500;

/**
 * The machine's clock. On Linux Node's steady time (CLOCK_MONOTONIC) stands still while the machine sleeps; the uptime
 * does not, but costs a system call or three. So it is read only when the wall clock has jumped, as it does by each
 * sleep.
 */
export class MachineClock implements Clock {
  readonly #readings: ClockReadings;
  /** How far wall time was ahead of steady time when that was last looked at, and uptime likewise. */
  #wallAhead: number;
  readonly #uptimeAhead: number;
  #sleptMs = 0;

  constructor(readings: ClockReadings) {
    this.#readings = readings;
    this.#wallAhead = readings.wall() - readings.steady();
    this.#uptimeAhead = readings.uptime() - readings.steady();
  }

  now(): number {
    const steady = this.#readings.steady();
    const wallAhead = this.#readings.wall() - steady;
    if (Math.abs(wallAhead - this.#wallAhead) > noticedMs) {
      this.#wallAhead = wallAhead;
      // Uptime comes in hundredths of a second; time does not go back for that.
      const sleptMs = this.#readings.uptime() - steady - this.#uptimeAhead;
      if (sleptMs > this.#sleptMs + noticedMs) this.#sleptMs = sleptMs;
    }
    return steady + this.#sleptMs;
  }

  wallTime(): number {
    return this.#readings.wall();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await delay(Math.min(ms, maxTimerMs), undefined, signal ? { signal } : {});
  }
}

export const systemClock: Clock = new MachineClock({
  steady: () => performance.timeOrigin + performance.now(),
  wall: Date.now,
  uptime: () => uptime() * 1000,
});

/** A number in [0, 1); Math.random unless a test injects its own. */
export type Random = () => number;
