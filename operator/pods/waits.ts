import type { Clock } from '../time/clock.ts';

/** Since when Pods wait for their annotations. Holds only those that do. */
export class Waits {
  readonly #clock: Clock;
  /** By UID, in the clock's milliseconds; the one that waits longest at the front. */
  readonly #since = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The Pod waits from now on, if it did not before. */
  begin(uid: string): void {
    if (!this.#since.has(uid)) this.#since.set(uid, this.#clock.now());
  }

  /** @returns the seconds that the Pod has waited; undefined when it did not */
  end(uid: string): number | undefined {
    const since = this.#since.get(uid);
    this.#since.delete(uid);
    return since === undefined ? undefined : this.#secondsSince(since);
  }

  clear(): void {
    this.#since.clear();
  }

  /** The seconds that the Pod waits that waits longest; 0 when none does. */
  get longestSeconds(): number {
    const [oldest] = this.#since.values();
    return oldest === undefined ? 0 : this.#secondsSince(oldest);
  }

  #secondsSince(time: number): number {
    return Math.max(0, this.#clock.now() - time) / 1000;
  }
}
