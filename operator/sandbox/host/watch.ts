import { sharedNow } from '../wire/progress.ts';

/** The watch looks at busy Workers this often at the most and at the least, in milliseconds. */
const shortestLookMs = 5;
const longestLookMs = 50;

/**
 * A step that passed its limit is only to blame if its thread had this share of the limit on a CPU. With less it was
 * waiting for one, as threads do on a crowded machine; then it may go on, to this many times its limit.
 */
const fairShare = 0.2;
const patience = 5;

/** What a Worker is running, as the watch sees it. */
export interface WatchedStep {
  /** When it began, on the shared clock. */
  readonly since: number;
  /** CPU time that its thread had had before, in milliseconds. */
  readonly cpuMsBefore: number;
  readonly limitMs: number;
}

/** A busy Worker as the watch sees it. */
export interface Watched {
  /** Undefined between steps. */
  step(): WatchedStep | undefined;
  /** CPU time that its thread has had so far, in milliseconds; undefined when it does not say. */
  cpuMs(): Promise<number | undefined>;
  /** Its step is to blame. */
  overran(): void;
}

/**
 * Whether a step has used up its time.
 * @param cpuMs CPU time of its thread; undefined when the thread got none to answer.
 */
export function isToBlame(step: WatchedStep, now: number, cpuMs: number | undefined): boolean {
  const ranMs = now - step.since;
  const usedMs = cpuMs === undefined ? 0 : cpuMs - step.cpuMsBefore;
  return ranMs >= step.limitMs && (usedMs >= step.limitMs * fairShare || ranMs >= step.limitMs * patience);
}

/** Looks at busy Workers in time to end those whose step passes its limit, and sleeps while none is busy. */
export class Watch {
  readonly #busy: () => readonly Watched[];
  /** No step can be overdue sooner after it began than this. */
  #lookMs = longestLookMs;
  #isWaiting = false;

  constructor(busy: () => readonly Watched[]) {
    this.#busy = busy;
  }

  /** From now on there are programs with this limit, in milliseconds. */
  expect(timeoutMs: number): void {
    this.#lookMs = Math.max(shortestLookMs, Math.min(this.#lookMs, timeoutMs));
  }

  /** Something became busy. */
  look(): void {
    if (this.#isWaiting) return;
    const busy = this.#busy();
    if (busy.length === 0) return;
    this.#isWaiting = true;
    const now = sharedNow();
    // A step that begins after this look is not overdue before the next one; one that is overdue but not to blame
    // is looked at again soon.
    const deadlines = busy.flatMap((watched) => {
      const step = watched.step();
      return step ? [Math.max(step.since + step.limitMs, now + shortestLookMs)] : [];
    });
    const next = Math.min(now + this.#lookMs, ...deadlines);
    setTimeout(
      () => {
        void Promise.all(this.#busy().map((watched) => this.#check(watched))).then(() => {
          this.#isWaiting = false;
          this.look();
        });
      },
      Math.ceil(next - now),
    );
  }

  async #check(watched: Watched): Promise<void> {
    const before = watched.step();
    if (!before || sharedNow() < before.since + before.limitMs) return;
    const cpuMs = await watched.cpuMs();
    const step = watched.step();
    if (step?.since === before.since && isToBlame(step, sharedNow(), cpuMs)) watched.overran();
  }
}
