import { unlessAborted } from '../../time/aborted.ts';
import { FairQueue, type Waiting } from './fair-queue.ts';
import { Places } from './places.ts';

/** Lets so many tasks run at a time. Those that wait take turns by flow, and a flow of slow ones leaves places to others. */
export class FairGate {
  readonly #waiting: FairQueue;
  readonly #enter = new Map<Waiting, () => void>();

  /** @param places how many tasks run at a time; see Places for what a flow gets of them */
  constructor(places: number) {
    this.#waiting = new FairQueue(new Places(places));
  }

  /**
   * Runs the task when it is its flow's turn.
   * @param signal ends the wait; a task that runs has its place until it ends
   * @returns what the task returns
   * @throws what the task throws, or the signal's reason
   */
  async run<T>(flow: string, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const visitor: Waiting = { key: '', priority: 0, flow: undefined, before: undefined, after: undefined };
    this.#enter.set(visitor, enter);
    this.#waiting.push(visitor, 0, flow);
    this.#open();
    try {
      await (signal === undefined ? entered : unlessAborted(entered, signal));
      return await task();
    } finally {
      if (this.#enter.delete(visitor)) this.#waiting.delete(visitor);
      else {
        this.#waiting.done(visitor);
        this.#open();
      }
    }
  }

  #open(): void {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#enter.get(next)?.();
      this.#enter.delete(next);
    }
  }
}
