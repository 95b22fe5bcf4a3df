import type { Clock } from '../kube/clock.ts';
import type { Origin, ReflectorSink } from '../kube/reflector.ts';
import { isOlderVersion } from '../kube/resource-version.ts';
import type { KubeObject } from '../kube/types.ts';
import { type AnnotationKeys, sameAnnotations } from './annotations.ts';
import { digestOf, type PodRecord, seenMetadata } from './pod.ts';
import { TextPages } from './text-pages.ts';

export interface PodStoreOptions {
  readonly keys: AnnotationKeys;
  readonly clock: Clock;
  /** Whether the operator is responsible for Pods of this namespace. */
  readonly inScope: (namespace: string) => boolean;
  /** Told of each Pod that needs a look, by UID. */
  readonly onChange: (uid: string) => void;
  /** Told of each Pod that is gone. */
  readonly onRemove: (record: PodRecord) => void;
}

/**
 * Every Pod of the cluster, by UID: a Pod made anew under the same name is another Pod. Only changes that can
 * change the answer are reported, so that a status update of a Pod costs no call.
 */
export class PodStore implements ReflectorSink<KubeObject> {
  readonly #options: PodStoreOptions;
  readonly #records = new Map<string, PodRecord>();
  readonly #texts = new TextPages();

  constructor(options: PodStoreOptions) {
    this.#options = options;
  }

  upsert(pod: KubeObject, origin: Origin = 'watch'): void {
    const { keys, clock, onChange, inScope } = this.#options;
    const { uid, name, namespace = '', resourceVersion = '' } = pod.metadata;
    if (!inScope(namespace)) return;
    // A Pod on its way out keeps what it has: nobody reads a change, and the write could find it gone.
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const known = this.#records.get(uid);
    // The answer to the operator's own write may overtake the watch. A list is believed, see ReflectorSink.
    const overtaken = known !== undefined && isOlderVersion(resourceVersion, known.resourceVersion);
    if (overtaken && origin === 'watch') return;
    const seen = seenMetadata(pod, keys);
    const digest = digestOf(seen);
    const carried = keys.read(pod.metadata.annotations);
    if (known === undefined) {
      this.#records.set(uid, {
        uid,
        namespace,
        name,
        stored: this.#texts.add(seen),
        digest,
        resourceVersion,
        carried,
        wrote: undefined,
        decided: undefined,
        waitingSince: clock.now(),
        countedFor: undefined,
      });
      onChange(uid);
      return;
    }
    const changed = known.digest !== digest;
    const overwritten = !sameAnnotations(known.carried, carried);
    known.resourceVersion = resourceVersion;
    known.carried = carried;
    if (!changed && !overwritten) return;
    if (changed) {
      this.#texts.remove(known.stored);
      known.stored = this.#texts.add(seen);
      known.digest = digest;
      known.decided = undefined;
    }
    known.waitingSince ??= clock.now();
    onChange(uid);
  }

  remove(uid: string): void {
    const record = this.#records.get(uid);
    if (record === undefined) return;
    this.#records.delete(uid);
    this.#texts.remove(record.stored);
    this.#options.onRemove(record);
  }

  uids(): Iterable<string> {
    return this.#records.keys();
  }

  get(uid: string): PodRecord | undefined {
    return this.#records.get(uid);
  }

  /** What plugins may see of a Pod that is in the store, as JSON. */
  metadata(record: PodRecord): string {
    return this.#texts.read(record.stored);
  }

  records(): Iterable<PodRecord> {
    return this.#records.values();
  }

  get size(): number {
    return this.#records.size;
  }
}
