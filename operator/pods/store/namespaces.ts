import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../kube/client/types.ts';
import type { ReflectorSink } from '../../kube/watch/reflector.ts';

type Labels = Readonly<Record<string, string>>;

/** The labels of every Namespace, for plugins whose match selects by them. */
export class NamespaceStore implements ReflectorSink<KubeObject> {
  readonly #names = new Map<string, string>();
  readonly #labels = new Map<string, Labels>();
  readonly #listeners = new EventEmitter<{ change: [namespace: string]; removal: [namespace: string] }>();

  /** Has the listener told of each Namespace whose labels change from now on. */
  onChange(listener: (namespace: string) => void): void {
    this.#listeners.on('change', listener);
  }

  /** Has the listener told of each Namespace that is gone from now on. */
  onRemoval(listener: (namespace: string) => void): void {
    this.#listeners.on('removal', listener);
  }

  upsert({ metadata: { uid, name, labels = {} } }: KubeObject): void {
    this.#names.set(uid, name);
    if (isDeepStrictEqual(this.#labels.get(name), labels)) return;
    this.#labels.set(name, labels);
    this.#listeners.emit('change', name);
  }

  remove(uid: string): void {
    const name = this.#names.get(uid);
    this.#names.delete(uid);
    // A Namespace made anew under the same name may have come before its predecessor's end was seen.
    if (name === undefined || [...this.#names.values()].includes(name)) return;
    this.#labels.delete(name);
    this.#listeners.emit('removal', name);
  }

  uids(): Iterable<string> {
    return this.#names.keys();
  }

  /** A Namespace's labels; undefined for one that is not there. */
  labels(namespace: string): Labels | undefined {
    return this.#labels.get(namespace);
  }
}
