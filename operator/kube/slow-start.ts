/** So many answers, and it is no longer counted who passes. */
const provenAnswers = 32;

/** Lets one call pass, after its answer two at a time, and so on, until the server has proved itself. */
export class SlowStart {
  #limit: number;
  #underWay = 0;
  #nextEnd = Promise.withResolvers<void>();

  /** @param limit calls at a time at first; Infinity for a server of which nothing bad is known */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#underWay >= this.#limit;
  }

  /** Resolves when a call under way has ended, or at `wake`. */
  get nextEnd(): Promise<void> {
    return this.#nextEnd.promise;
  }

  begin(): void {
    this.#underWay++;
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
