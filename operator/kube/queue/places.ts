/** A flow may take one more while it has fewer than so many times what is free. */
const timesFree = 2;
/** The same where those of a higher priority wait for more: a quarter, as one turn is to their four. */
const timesFreeHandedDown = timesFree / 4;

/**
 * A number of places (workers, connections) that flows share, by a dynamic threshold: whoever has much leaves what is
 * free to those that have little, however long it keeps what it has. A flow alone gets two thirds of the places, two of
 * them two fifths each, n of them 2 in (2n + 1): one that comes finds some free. Of 16 places, up to 7 flows that give
 * none back leave one to the others; of 64, up to 31. With more of them who comes waits until one gives a place back.
 * All operations take constant time.
 */
export class Places {
  #free: number;
  /** By flow, of those that have any. */
  readonly #taken = new Map<string, number>();

  constructor(count: number) {
    this.#free = count;
  }

  get isFull(): boolean {
    return this.#free === 0;
  }

  /**
   * Whether what is free, or will be next, is for others. Never so of a flow that has none.
   * @param isHandedDown whether others wait in a higher priority, who have enough themselves
   */
  hasEnough(flow: string, isHandedDown: boolean): boolean {
    const times = isHandedDown ? timesFreeHandedDown : timesFree;
    return (this.#taken.get(flow) ?? 0) >= times * Math.max(1, this.#free);
  }

  /** There must be one free. */
  take(flow: string): void {
    this.#free--;
    this.#taken.set(flow, (this.#taken.get(flow) ?? 0) + 1);
  }

  /** The flow must have one. */
  giveBack(flow: string): void {
    const left = (this.#taken.get(flow) ?? 0) - 1;
    this.#free++;
    if (left > 0) this.#taken.set(flow, left);
    else this.#taken.delete(flow);
  }
}
