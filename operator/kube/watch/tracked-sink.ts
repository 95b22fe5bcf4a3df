import type { Identified } from '../client/types.ts';

/**
 * How the reflector knows of an object. `restored`: by a list of a server that has gone back behind what it had
 * shown before, because its data was restored from a backup.
 */
export type Origin = 'list' | 'watch' | 'restored';

/** Where a reflector puts what it sees. Calls are synchronous and in order. */
export interface ReflectorSink<T> {
  /**
   * The object exists, in this state. Called again for the same state after a fresh list. A state older than that in
   * the answer to a write is to be ignored: the write came after the list or event began. Unless it is `restored`:
   * then the write is lost.
   */
  upsert(object: T, origin: Origin): void;
  /** The object with this UID does not exist any more. */
  remove(uid: string): void;
  /** UIDs of all objects held, to find those that were deleted unseen. */
  uids(): Iterable<string>;
  /**
   * The sink itself removes an object whose name comes back with another UID. Otherwise an index of names is kept for
   * it, which takes 270 bytes an object.
   */
  readonly tracksNames?: boolean;
}

/**
 * A sink that cannot hurt the reflector, and that knows names: objects are the same only by UID, so a name that
 * comes back with another UID means that the old object is gone, said or not.
 */
export class TrackedSink<T extends Identified> {
  readonly #sink: ReflectorSink<T>;
  readonly #onError: (error: unknown, name: string) => void;
  /** UID by namespace/name of what exists now; undefined for a sink that sees to names itself. */
  readonly #uidByName: Map<string, string> | undefined;

  /** @param onError told of what the sink threw, and for which object. */
  constructor(sink: ReflectorSink<T>, onError: (error: unknown, name: string) => void) {
    this.#sink = sink;
    this.#onError = onError;
    this.#uidByName = sink.tracksNames ? undefined : new Map();
  }

  upsert(object: T, origin: Origin): void {
    const name = nameOf(object);
    const uid = uidOf(object);
    const before = this.#uidByName?.get(name);
    if (before !== undefined && before !== uid) this.#attempt(name, () => this.#sink.remove(before));
    this.#uidByName?.set(name, uid);
    this.#attempt(name, () => this.#sink.upsert(object, origin));
  }

  remove(object: T): void {
    const name = nameOf(object);
    const uid = uidOf(object);
    // The name may be another object's by now.
    if (this.#uidByName?.get(name) === uid) this.#uidByName.delete(name);
    this.#attempt(name, () => this.#sink.remove(uid));
  }

  /** UIDs of all that is held. Those that a complete list did not show are for `removeAll`. */
  uids(): Set<string> {
    const uids = new Set<string>();
    this.#attempt('the list', () => {
      for (const uid of this.#sink.uids()) uids.add(uid);
    });
    return uids;
  }

  /** Removes what was deleted while nobody watched. */
  removeAll(uids: ReadonlySet<string>): void {
    if (uids.size === 0) return;
    for (const [name, uid] of this.#uidByName ?? []) if (uids.has(uid)) this.#uidByName?.delete(name);
    for (const uid of uids) this.#attempt(uid, () => this.#sink.remove(uid));
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
