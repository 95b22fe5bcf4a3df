import type { Identified } from './types.ts';

/** How the reflector knows of an object. */
export type Origin = 'list' | 'watch';

/** Where a reflector puts what it sees. Calls are synchronous and in order. */
export interface ReflectorSink<T> {
  /**
   * The object exists, in this state. Called again for the same state after a fresh list, which may also show an
   * older state: the server's data was restored from a backup.
   */
  upsert(object: T, origin: Origin): void;
  /** The object with this UID does not exist any more. */
  remove(uid: string): void;
  /** UIDs of all objects held, to find those that were deleted unseen. */
  uids(): Iterable<string>;
}

/**
 * A sink that cannot hurt the reflector, and that knows names: objects are the same only by UID, so a name that
 * comes back with another UID means that the old object is gone, said or not.
 */
export class TrackedSink<T extends Identified> {
  readonly #sink: ReflectorSink<T>;
  readonly #onError: (error: unknown, name: string) => void;
  /** UID by namespace/name of what exists now. */
  readonly #uidByName = new Map<string, string>();

  /** @param onError told of what the sink threw, and for which object. */
  constructor(sink: ReflectorSink<T>, onError: (error: unknown, name: string) => void) {
    this.#sink = sink;
    this.#onError = onError;
  }

  upsert(object: T, origin: Origin): void {
    const name = nameOf(object);
    const uid = uidOf(object);
    const before = this.#uidByName.get(name);
    if (before !== undefined && before !== uid) this.#attempt(name, () => this.#sink.remove(before));
    this.#uidByName.set(name, uid);
    this.#attempt(name, () => this.#sink.upsert(object, origin));
  }

  remove(object: T): void {
    const name = nameOf(object);
    const uid = uidOf(object);
    // The name may be another object's by now.
    if (this.#uidByName.get(name) === uid) this.#uidByName.delete(name);
    this.#attempt(name, () => this.#sink.remove(uid));
  }

  /** Removes all that a complete list did not show: it was deleted while nobody watched. */
  keepOnly(listed: ReadonlySet<string>): void {
    for (const [name, uid] of this.#uidByName) {
      if (!listed.has(uid)) this.#uidByName.delete(name);
    }
    this.#attempt('the list', () => {
      const gone = Array.from(this.#sink.uids()).filter((uid) => !listed.has(uid));
      for (const uid of gone) this.#attempt(uid, () => this.#sink.remove(uid));
    });
  }

  #attempt(name: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onError(error, name);
    }
  }
}

/** Every object of the API server has a UID; the few synthetic ones that have none are told apart by name. */
export function uidOf(object: Identified): string {
  return object.metadata.uid ?? nameOf(object);
}

function nameOf({ metadata }: Identified): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
