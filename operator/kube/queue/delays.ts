interface Delayed {
  readonly key: string;
  readonly dueAt: number;
}

/** Keys that wait for a time: a binary heap by due time, each key in it once. */
export class Delays {
  #heap: Delayed[] = [];
  /** The entry that counts for each key; others of that key in the heap are stale. */
  readonly #current = new Map<string, Delayed>();

  get size(): number {
    return this.#current.size;
  }

  /** When the next key is due, in the clock's milliseconds; it may turn out to be stale. */
  get nextDueAt(): number | undefined {
    return this.#heap[0]?.dueAt;
  }

  has(key: string): boolean {
    return this.#current.has(key);
  }

  /** Lets a key wait until then; one that is due earlier already stays so. */
  add(key: string, dueAt: number): void {
    const known = this.#current.get(key);
    if (known !== undefined && known.dueAt <= dueAt) return;
    const entry = { key, dueAt };
    this.#current.set(key, entry);
    this.#push(entry);
  }

  delete(key: string): void {
    this.#current.delete(key);
    // Stale entries go when they come to the top, or all at once when they are the most.
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#current.size) this.#rebuild();
  }

  /** Takes all keys that are due. */
  takeDue(now: number): string[] {
    const keys: string[] = [];
    for (let top = this.#heap[0]; top !== undefined && top.dueAt <= now; top = this.#heap[0]) {
      this.#pop();
      if (this.#current.get(top.key) !== top) continue;
      this.#current.delete(top.key);
      keys.push(top.key);
    }
    return keys;
  }

  #rebuild(): void {
    // A sorted array is a heap.
    this.#heap = [...this.#current.values()].sort((a, b) => a.dueAt - b.dueAt);
  }

  #push(entry: Delayed): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.dueAt <= entry.dueAt) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const [child, childIndex] =
        right !== undefined && left !== undefined && right.dueAt < left.dueAt
          ? [right, 2 * index + 2]
          : [left, 2 * index + 1];
      if (child === undefined || child.dueAt >= last.dueAt) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}
