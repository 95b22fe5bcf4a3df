/**
 * What all Lua states of the sandbox may take together. A state's own limit bounds one plugin; this bounds them all,
 * for each plugin has a state in each Worker. What a state starts with is not counted, only what it grows by.
 */

/** WebAssembly memory grows by pages of this many bytes. */
export const pageBytes = 65_536;

/** The whole budget as its threads share it. */
export interface SharedBudget {
  /** Pages that each thread's states have grown by: an Int32 for each place. */
  readonly counters: SharedArrayBuffer;
  /** Pages for all of them together. */
  readonly pages: number;
}

/** Threads that can have a place at a time: those that run, and those that were stopped and are not gone yet. */
const places = 256;

/** The host's side: gives each thread its place, and takes it back with all that is counted there. */
export class MemoryBudget {
  readonly shared: SharedBudget;
  readonly #counters: Int32Array;
  readonly #free = Array.from({ length: places }, (_, place) => place);

  /** @param bytes for all states together, beyond what each starts with. */
  constructor(bytes: number) {
    const counters = new SharedArrayBuffer(places * Int32Array.BYTES_PER_ELEMENT);
    this.shared = { counters, pages: Math.floor(bytes / pageBytes) };
    this.#counters = new Int32Array(counters);
  }

  /** A place for a new thread. @throws when too many threads were stopped and are not gone. */
  enter(): number {
    const place = this.#free.pop();
    if (place === undefined) throw new Error(`${places} threads have not ended`);
    return place;
  }

  /** The thread is gone, and its memory with it. To be called once for each `enter`. */
  leave(place: number): void {
    Atomics.store(this.#counters, place, 0);
    this.#free.push(place);
  }
}

/** A thread's side: what its states take of the budget. */
export class BudgetShare {
  readonly #counters: Int32Array;
  readonly #pages: number;
  readonly #place: number;

  constructor({ counters, pages }: SharedBudget, place: number) {
    this.#counters = new Int32Array(counters);
    this.#pages = pages;
    this.#place = place;
  }

  /** Takes pages. @returns false when there are not as many left; then none are taken. */
  take(pages: number): boolean {
    // The first look keeps a request that is too large from being counted, even for a moment, against others.
    if (this.#used() + pages > this.#pages) return false;
    Atomics.add(this.#counters, this.#place, pages);
    if (this.#used() <= this.#pages) return true;
    this.give(pages); // Another thread was faster.
    return false;
  }

  give(pages: number): void {
    Atomics.sub(this.#counters, this.#place, pages);
  }

  #used(): number {
    let used = 0;
    for (let place = 0; place < this.#counters.length; place++) used += Atomics.load(this.#counters, place);
    return used;
  }
}

/** What refused a state memory last: its own limit, or the budget of all. */
export type Refusal = 'limit' | 'budget';

/** The memory of one Lua state: how far it may grow, and what it has taken of the budget. */
export class StateMemory {
  /** The state's own limit, of which Lua's stack and constants take 1.1 MB. */
  readonly limitBytes: number;
  /** Undefined when nothing was refused since the last `forgive`. */
  refusal: Refusal | undefined;
  readonly #share: BudgetShare;
  #pages = 0;
  #isReleased = false;

  constructor(limitBytes: number, share: BudgetShare) {
    this.limitBytes = limitBytes;
    this.#share = share;
  }

  /**
   * Asks for growth.
   * @param current the bytes that there are. @param wanted the bytes that there must be. @param step grow by so much
   * at least, where there is room for it.
   * @returns the pages to grow by, already taken; 0 when it is refused.
   */
  grow(current: number, wanted: number, step: number): number {
    const limit = Math.floor(this.limitBytes / pageBytes) * pageBytes;
    if (wanted > limit || this.#isReleased) {
      this.refusal = 'limit';
      return 0;
    }
    const needed = Math.ceil((wanted - current) / pageBytes);
    const comfortable = Math.ceil((Math.min(limit, Math.max(wanted, current + step)) - current) / pageBytes);
    const pages = [comfortable, needed].find((count) => this.#share.take(count));
    if (pages === undefined) {
      this.refusal = 'budget';
      return 0;
    }
    this.#pages += pages;
    return pages;
  }

  /** Whether the state is larger than it was at first. */
  get hasGrown(): boolean {
    return this.#pages > 0;
  }

  /** Counts once more what the state has grown by: its image takes as much. @returns false when it is refused */
  countImage(): boolean {
    if (!this.#share.take(this.#pages)) {
      this.refusal = 'budget';
      return false;
    }
    this.#pages *= 2;
    return true;
  }

  /** What was granted could not be had. */
  undo(pages: number): void {
    this.#pages -= pages;
    this.#share.give(pages);
  }

  /** A new call begins: what was refused before is not why it fails. */
  forgive(): void {
    this.refusal = undefined;
  }

  /** Gives all back: the state is not used any more. Later calls do nothing. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#share.give(this.#pages);
  }
}
