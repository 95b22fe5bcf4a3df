import { EventEmitter } from 'node:events';
import { isOlderVersion } from '../../kube/client/resource-version.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import type { Origin, ReflectorSink } from '../../kube/watch/reflector.ts';
import { controllerReference } from '../../workloads/standard.ts';
import { type AnnotationKeys, sameCarried } from '../annotations/annotations.ts';
import { Pool } from '../annotations/pool.ts';
import { digestOf, type PodRecord, seenMetadata } from './pod.ts';
import { PodTable } from './pod-table.ts';
import { TextPages } from './text-pages.ts';

const textPool = new Pool<string>((text) => text);

export interface PodStoreOptions {
  readonly keys: AnnotationKeys;
  /** Whether the operator is responsible for Pods of this namespace. */
  readonly inScope: (namespace: string) => boolean;
}

/**
 * Every Pod of the cluster but those on their way out, by UID: a Pod made anew under the same name is another Pod. Only
 * changes that can change the answer are reported, so that a status update of a Pod costs no call.
 */
export class PodStore implements ReflectorSink<KubeObject> {
  readonly tracksNames = true;
  readonly #options: PodStoreOptions;
  readonly #records = new PodTable();
  readonly #texts = new TextPages();
  readonly #listeners = new EventEmitter<{ change: [PodRecord, Origin]; removal: [PodRecord] }>();

  constructor(options: PodStoreOptions) {
    this.#options = options;
  }

  /** Has the listener told of each Pod that needs a look from now on, and how that came out. */
  onChange(listener: (record: PodRecord, origin: Origin) => void): void {
    this.#listeners.on('change', listener);
  }

  /** Has the listener told of each Pod that is gone, or on its way out. */
  onRemoval(listener: (record: PodRecord) => void): void {
    this.#listeners.on('removal', listener);
  }

  upsert(pod: KubeObject, origin: Origin = 'watch'): void {
    const { keys, inScope } = this.#options;
    const { uid, name, namespace = '', resourceVersion = '' } = pod.metadata;
    if (!inScope(namespace)) return;
    const known = this.#records.get(uid);
    if (known === undefined) this.#removeNamesake(namespace, name);
    // A Pod on its way out keeps what it has: nobody reads a change, and the write could find it gone.
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.remove(uid);
      return;
    }
    // The answer to the operator's own write may overtake the watch, and a list that takes several pages.
    const overtaken = known !== undefined && isOlderVersion(resourceVersion, known.resourceVersion);
    if (overtaken && origin !== 'restored') return;
    // The operator's own write comes twice, as its answer and as an event; a fresh list shows what is known.
    if (origin !== 'restored' && known?.resourceVersion === resourceVersion) return;
    const carried = keys.read(pod.metadata);
    const seen = seenMetadata(pod, keys, carried);
    const digest = digestOf(seen);
    if (known === undefined) {
      const record: PodRecord = {
        uid,
        namespace: textPool.share(namespace),
        name,
        owner: ownerOf(pod),
        page: undefined,
        index: 0,
        digest,
        resourceVersion,
        carried,
        wrote: undefined,
        decided: undefined,
        countedFor: undefined,
      };
      this.#texts.add(seen, record);
      this.#records.add(record);
      this.#listeners.emit('change', record, origin);
      return;
    }
    const changed = known.digest !== digest;
    const overwritten = !sameCarried(known.carried, carried);
    known.resourceVersion = resourceVersion;
    known.carried = carried;
    if (!changed && !overwritten) return;
    // It rests on what the Pod carried.
    if (known.decided?.decision.action === 'keep') known.decided = undefined;
    if (changed) {
      this.#texts.remove(known);
      this.#texts.add(seen, known);
      known.digest = digest;
      known.owner = ownerOf(pod);
      known.decided = undefined;
    }
    this.#listeners.emit('change', known, origin);
  }

  remove(uid: string): void {
    const record = this.#records.get(uid);
    if (record === undefined) return;
    this.#records.delete(record);
    this.#texts.remove(record);
    this.#listeners.emit('removal', record);
  }

  *uids(): Iterable<string> {
    for (const { uid } of this.#records.values()) yield uid;
  }

  get(uid: string): PodRecord | undefined {
    return this.#records.get(uid);
  }

  /** What plugins may see of a Pod that is in the store, as JSON. */
  metadata(record: PodRecord): string {
    return this.#texts.read(record);
  }

  /** The UIDs of the owners that Pods name, each as often as it is named. */
  *owners(): Iterable<string> {
    for (const { owner } of this.#records.values()) if (owner !== undefined) yield owner;
  }

  records(): Iterable<PodRecord> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }

  /** A name that comes back with another UID means that the old Pod is gone, said or not. */
  #removeNamesake(namespace: string, name: string): void {
    const namesake = this.#records.named(namespace, name);
    if (namesake !== undefined) this.remove(namesake.uid);
  }
}

function ownerOf({ metadata }: KubeObject): string | undefined {
  const owner = controllerReference(metadata.ownerReferences);
  return owner === undefined ? undefined : textPool.share(owner.uid);
}
