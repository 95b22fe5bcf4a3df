import { Fifo } from './fifo.ts';

/** Distinct keys by priority: higher first, then first in, first out. Meant for a handful of priorities. */
export class PriorityFifo {
  readonly #byPriority = new Map<number, Fifo>();
  /** Priorities that have keys, the highest first. */
  #order: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The key must not be in. */
  push(key: string, priority: number): void {
    let fifo = this.#byPriority.get(priority);
    if (fifo === undefined) {
      fifo = new Fifo();
      this.#byPriority.set(priority, fifo);
      this.#order = [...this.#order, priority].sort((a, b) => b - a);
    }
    fifo.push(key);
    this.#size++;
  }

  delete(key: string, priority: number): void {
    const fifo = this.#byPriority.get(priority);
    if (!fifo?.delete(key)) return;
    this.#size--;
    this.#dropIfEmpty(fifo, priority);
  }

  shift(): string | undefined {
    const [priority] = this.#order;
    if (priority === undefined) return undefined;
    const fifo = this.#byPriority.get(priority);
    const key = fifo?.shift();
    if (fifo === undefined || key === undefined) return undefined;
    this.#size--;
    this.#dropIfEmpty(fifo, priority);
    return key;
  }

  /** The keys that come next, about in order and at most so many. */
  first(count: number): string[] {
    const keys: string[] = [];
    for (const priority of this.#order) {
      if (keys.length === count) break;
      keys.push(...(this.#byPriority.get(priority)?.first(count - keys.length) ?? []));
    }
    return keys;
  }

  #dropIfEmpty(fifo: Fifo, priority: number): void {
    if (fifo.size > 0) return;
    this.#byPriority.delete(priority);
    this.#order = this.#order.filter((other) => other !== priority);
  }
}
