import { type ResourceEvent, ResourceEventType, ResourceMetaImpl } from '@dot-i/k8s-operator';
import type { KubernetesObject } from '@kubernetes/client-node';
import type { KubeObject } from './kube/client/types.ts';
import type { ReflectorSink } from './kube/watch/tracked-sink.ts';

/** What the callback has not been told yet, and what it was told last. */
interface Entry {
  object: KubeObject;
  deleted: boolean;
  /** The callback has seen this object at least once. */
  known: boolean;
  /** A state that the callback has not handled successfully. */
  pending: boolean;
}

/**
 * Turns the states that a reflector reports into @dot-i/k8s-operator's events. Each object's latest state is told,
 * states in between may be skipped, and one that failed is told again.
 */
export class ResourceEvents implements ReflectorSink<KubeObject> {
  readonly #entries = new Map<string, Entry>();
  readonly #plural: string;
  readonly #onEvent: (event: ResourceEvent) => Promise<void>;
  readonly #changed: (uid: string) => void;

  /** @param changed told of each object that has something to deliver; answers with deliver(uid) when it suits. */
  constructor(
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    changed: (uid: string) => void,
  ) {
    this.#plural = plural;
    this.#onEvent = onEvent;
    this.#changed = changed;
  }

  upsert(object: KubeObject): void {
    const { uid, resourceVersion } = object.metadata;
    const entry = this.#entries.get(uid);
    if (entry === undefined) {
      this.#entries.set(uid, { object, deleted: false, known: false, pending: true });
    } else {
      // A fresh list repeats what is known.
      if (!entry.deleted && entry.object.metadata.resourceVersion === resourceVersion) return;
      Object.assign(entry, { object, deleted: false, pending: true });
    }
    this.#changed(uid);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    Object.assign(entry, { deleted: true, pending: true });
    this.#changed(uid);
  }

  *uids(): Iterable<string> {
    for (const [uid, { deleted }] of this.#entries) if (!deleted) yield uid;
  }

  /** Tells the callback the object's latest state. @throws whatever the callback throws; call again then */
  async deliver(uid: string): Promise<void> {
    const entry = this.#entries.get(uid);
    if (!entry?.pending) return;
    const { object, deleted, known } = entry;
    const type = deleted
      ? ResourceEventType.Deleted
      : known
        ? ResourceEventType.Modified
        : ResourceEventType.Added;
    entry.pending = false;
    try {
      // A copy each time: handleResourceFinalizer changes the object before its call, which may fail.
      const copy: KubernetesObject = JSON.parse(JSON.stringify(object));
      const meta = ResourceMetaImpl.createWithPlural(this.#plural, copy);
      await this.#onEvent({ meta, type, object: copy });
      entry.known = true;
    } catch (error) {
      entry.pending = true;
      throw error;
    }
    if (deleted && entry.deleted) this.#entries.delete(uid);
  }
}
