/** A queue of distinct keys from which any key can be taken out; all operations take constant time. */
export class Fifo {
  readonly #keys = new Set<string>();
  /**
   * One iterator for all shifts. A new one for each would walk over the holes that deleted keys leave at a Set's
   * front, which makes emptying a long queue quadratic.
   */
  #front: SetIterator<string> | undefined;
  /** Goes ahead of it for the same reason, and what it has met. */
  #scout: SetIterator<string> | undefined;
  #scouted: string[] = [];

  get size(): number {
    return this.#keys.size;
  }

  /** A key that is in already keeps its place. */
  push(key: string): void {
    this.#keys.add(key);
  }

  delete(key: string): boolean {
    return this.#keys.delete(key);
  }

  /** Takes the key that has waited longest; undefined when there is none. */
  shift(): string | undefined {
    if (this.#keys.size === 0) return undefined;
    this.#front ??= this.#keys.values();
    let next = this.#front.next();
    if (next.done) {
      // An iterator that has met the end stays there, whatever is added later.
      this.#front = this.#keys.values();
      next = this.#front.next();
    }
    if (next.done) return undefined;
    this.#keys.delete(next.value);
    return next.value;
  }

  /** The keys that come next, at most so many. One that was taken out and put in again may be among them too early. */
  first(count: number): string[] {
    if (this.#scout === undefined) {
      this.#scout = this.#keys.values();
      this.#scouted = [];
    }
    this.#scouted = this.#scouted.filter((key) => this.#keys.has(key));
    while (this.#scouted.length < count) {
      const next = this.#scout.next();
      if (next.done) {
        // Such an iterator would not see what is added later.
        this.#scout = undefined;
        break;
      }
      this.#scouted.push(next.value);
    }
    return this.#scouted.slice(0, count);
  }
}
