/**
 * As many different values are shared, and characters of their keys: anybody may write anything on a Pod, as long as
 * etcd bears it. Past that the sharing begins anew, and only memory is lost.
 */
const capacity = { values: 20_000, characters: 8_000_000 };

/** Equal values as one object: the Pods of a workload carry the same annotations, and are asked the same plugins. */
export class Pool<T> {
  readonly #values = new Map<string, T>();
  readonly #keyOf: (value: T) => string;
  #characters = 0;

  /** @param keyOf equal for equal values only */
  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  /** The value that stands for this one. */
  share(value: T): T {
    const key = this.#keyOf(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const { values, characters } = capacity;
    if (this.#values.size >= values || this.#characters + key.length > characters) {
      this.#values.clear();
      this.#characters = 0;
    }
    this.#characters += key.length;
    this.#values.set(key, value);
    return value;
  }
}
