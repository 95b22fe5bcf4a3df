import { type Clock, systemClock } from '../../operator/time/clock.ts';
import { writeLine } from '../output/printable.ts';
import type { Io } from '../program/io.ts';

/** How long is waited for something on the cluster, and who hears of it. */
export interface WaitingOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told what is waited for, when that changes; not of a wait that is short. */
  readonly onWaiting: (message: string) => void;
}

/** Whoever waits less needs no news. */
const patienceMs = 1_000;

/** A wait that has begun, for one thing or several in turn: the pauses between two looks. */
export class Waiting {
  readonly #options: WaitingOptions;
  readonly #intervalMs: number;
  readonly #begun: number;
  #told: string | undefined;

  /** @param intervalMs between two looks */
  constructor(options: WaitingOptions, intervalMs: number) {
    this.#options = options;
    this.#intervalMs = intervalMs;
    this.#begun = options.clock.now();
  }

  /** Whether it takes so long that the user wants to know why. */
  get isLong(): boolean {
    return this.#waitedMs >= patienceMs;
  }

  /**
   * Waits until it is time for the next look.
   * @param news what is waited for
   * @returns false at once when the time is over
   */
  async pause(news: string): Promise<boolean> {
    const { timeoutMs, clock, onWaiting } = this.#options;
    const waitedMs = this.#waitedMs;
    if (waitedMs >= timeoutMs) return false;
    if (this.isLong && news !== this.#told) {
      this.#told = news;
      onWaiting(news);
    }
    await clock.sleep(Math.min(this.#intervalMs, timeoutMs - waitedMs));
    return true;
  }

  get #waitedMs(): number {
    return this.#options.clock.now() - this.#begun;
  }
}

/** The options of a wait whose news go to stderr. @param inWords turns them into the user's words */
export function waitingOptions(timeoutMs: number, io: Io, inWords = (news: string) => news): WaitingOptions {
  const onWaiting = (news: string) => writeLine(io.stderr, `waiting: ${inWords(news)}`);
  return { timeoutMs, clock: systemClock, onWaiting };
}
