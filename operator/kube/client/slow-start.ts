/** So many answers, and it is no longer counted who passes. */
const provenAnswers = 32;
/** A call that takes longer, in milliseconds, may be one of a slow webhook: it keeps no others. */
const patienceMs = 1_000;

/**
 * Lets one call pass, after its answer two at a time, and so on, until the server has proved itself. While none is
 * answered, one more passes each second.
 */
export class SlowStart {
  #limit: number;
  #underWay = 0;
  #begunAt = Number.NEGATIVE_INFINITY;
  #nextEnd = Promise.withResolvers<void>();

  /** @param limit calls at a time at first; Infinity for a server of which nothing bad is known */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Milliseconds until one more call may begin, unless one ends before; not above 0 when it may now.
   * @param now on the steady clock
   */
  waitMs(now: number): number {
    return this.#underWay < this.#limit ? 0 : this.#begunAt + patienceMs - now;
  }

  /** Resolves when a call under way has ended, or at `wake`. */
  get nextEnd(): Promise<void> {
    return this.#nextEnd.promise;
  }

  begin(now: number): void {
    this.#underWay++;
    this.#begunAt = now;
  }

  /** A call under way was answered. */
  answered(): void {
    this.#limit = this.#limit < provenAnswers ? this.#limit + 1 : Number.POSITIVE_INFINITY;
  }

  /** A call under way has ended, answered or not. */
  end(): void {
    this.#underWay--;
    this.wake();
  }

  /** Lets those who wait for an end look again. */
  wake(): void {
    this.#nextEnd.resolve();
    this.#nextEnd = Promise.withResolvers();
  }
}
