/** Slots fill at most this share of the table; past that probes grow long. */
const maxLoad = 0.7;
const minSlots = 16;
/** FNV-1a's prime. */
const prime = 0x01000193;

/**
 * Which slot holds a key, for keys that are kept elsewhere: 4 bytes and some room a key, where a Map takes 40 and the
 * key itself. Open addressing with linear probing.
 */
export class SlotIndex {
  readonly #keyOf: (slot: number) => string;
  /** Differs from run to run, so that nobody can choose names that all meet in one place. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  /** The slot plus one; 0 where none is. The length is a power of two. */
  #table = new Int32Array(minSlots);
  #size = 0;

  /** @param keyOf the key that a slot holds, for slots that are in the index */
  constructor(keyOf: (slot: number) => string) {
    this.#keyOf = keyOf;
  }

  /** @returns the slot of that key, or undefined */
  find(key: string): number | undefined {
    const found = this.#table[this.#placeOf(key)] ?? 0;
    return found === 0 ? undefined : found - 1;
  }

  /** Adds a slot under a key that is not in the index; `keyOf` knows it already. */
  add(key: string, slot: number): void {
    if (this.#size + 1 > this.#table.length * maxLoad) this.#resize(this.#table.length * 2);
    this.#table[this.#placeOf(key)] = slot + 1;
    this.#size += 1;
  }

  /** Takes a key out, while `keyOf` still knows its slot. */
  delete(key: string): void {
    const place = this.#placeOf(key);
    if (this.#table[place] === 0) return;
    this.#close(place);
    this.#size -= 1;
    if (this.#table.length > minSlots && this.#size < (this.#table.length * maxLoad) / 4) {
      this.#resize(this.#table.length / 2);
    }
  }

  /** Where the key is, or the free place where it would be put. */
  #placeOf(key: string): number {
    const mask = this.#table.length - 1;
    for (let place = this.#hash(key) & mask; ; place = (place + 1) & mask) {
      const found = this.#table[place] ?? 0;
      if (found === 0 || this.#keyOf(found - 1) === key) return place;
    }
  }

  /** Empties a place, and moves up what could not be found behind the gap. */
  #close(place: number): void {
    const mask = this.#table.length - 1;
    let gap = place;
    for (let next = (gap + 1) & mask; ; next = (next + 1) & mask) {
      const slot = this.#table[next] ?? 0;
      if (slot === 0) break;
      const home = this.#hash(this.#keyOf(slot - 1)) & mask;
      if (((next - home) & mask) < ((next - gap) & mask)) continue;
      this.#table[gap] = slot;
      gap = next;
    }
    this.#table[gap] = 0;
  }

  #resize(length: number): void {
    const before = this.#table;
    this.#table = new Int32Array(length);
    for (const slot of before) if (slot > 0) this.#table[this.#placeOf(this.#keyOf(slot - 1))] = slot;
  }

  #hash(key: string): number {
    let hash = this.#seed;
    for (let index = 0; index < key.length; index += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(index), prime);
    }
    // The last characters reach only the low bits; spread them.
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }
}
