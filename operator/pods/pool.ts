/** As many different values are shared; past that the sharing begins anew, and only memory is lost. */
const capacity = 20_000;

/** Equal values as one object: the Pods of a workload carry the same annotations, and are asked the same plugins. */
export class Pool<T> {
  readonly #values = new Map<string, T>();
  readonly #keyOf: (value: T) => string;

  /** @param keyOf equal for equal values only */
  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  /** The value that stands for this one. */
  share(value: T): T {
    const key = this.#keyOf(value);
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    if (this.#values.size >= capacity) this.#values.clear();
    this.#values.set(key, value);
    return value;
  }
}
