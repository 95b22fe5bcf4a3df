import type { PodRecord } from './pod.ts';
import { SlotIndex } from './slot-index.ts';

/** Pods by UID and by name, at 20 bytes a Pod; Maps of both take over 300. No two have a UID or a name in common. */
export class PodTable {
  /** A Pod keeps its slot, so that whoever goes through the slots misses none. */
  readonly #slots: (PodRecord | undefined)[] = [];
  /** Slots that were given up. Some are in use again, or no more there. */
  #free: number[] = [];
  readonly #byUid = new SlotIndex((slot) => this.#slots[slot]?.uid ?? '');
  readonly #byName = new SlotIndex((slot) => nameOf(this.#slots[slot]));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(uid: string): PodRecord | undefined {
    return this.#at(this.#byUid.find(uid));
  }

  named(namespace: string, name: string): PodRecord | undefined {
    return this.#at(this.#byName.find(nameOf({ namespace, name })));
  }

  /** Neither its UID nor its name may be in the table. */
  add(record: PodRecord): void {
    const slot = this.#takeSlot();
    this.#slots[slot] = record;
    this.#byUid.add(record.uid, slot);
    this.#byName.add(nameOf(record), slot);
    this.#size += 1;
  }

  delete({ uid, namespace, name }: PodRecord): void {
    const slot = this.#byUid.find(uid);
    if (slot === undefined) return;
    this.#byUid.delete(uid);
    this.#byName.delete(nameOf({ namespace, name }));
    this.#size -= 1;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    while (this.#slots.length > 0 && this.#slots.at(-1) === undefined) this.#slots.pop();
    if (this.#slots.length === 0) this.#free = [];
  }

  /** All Pods; those that come or go meanwhile may be among them or not, all others are. */
  *values(): IterableIterator<PodRecord> {
    for (let slot = 0; slot < this.#slots.length; slot += 1) {
      const record = this.#slots[slot];
      if (record !== undefined) yield record;
    }
  }

  #at(slot: number | undefined): PodRecord | undefined {
    return slot === undefined ? undefined : this.#slots[slot];
  }

  #takeSlot(): number {
    for (let slot = this.#free.pop(); slot !== undefined; slot = this.#free.pop()) {
      if (slot < this.#slots.length && this.#slots[slot] === undefined) return slot;
    }
    return this.#slots.length;
  }
}

/** No namespace or name holds a slash. */
function nameOf(pod: Pick<PodRecord, 'namespace' | 'name'> | undefined): string {
  return pod === undefined ? '' : `${pod.namespace}/${pod.name}`;
}
