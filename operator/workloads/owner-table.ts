import type { KubeObject, OwnerReference } from '../kube/client/types.ts';
import type { ReflectorSink } from '../kube/watch/reflector.ts';
import { controllerReference } from './standard.ts';

/** What is kept of an owner. */
interface KnownOwner {
  /** Empty for a cluster-scoped one. */
  readonly namespace: string;
  readonly name: string;
  readonly controller: OwnerReference | undefined;
}

export interface OwnerTableOptions {
  /** Whether Pods of this namespace are looked after; owners of others are not kept. */
  readonly inScope: (namespace: string) => boolean;
  /** Told of an owner that got another controller, or that was asked for before it was known. */
  readonly onChange: (uid: string) => void;
}

/** Of owners that are gone, and of those that were asked for in vain. */
const capacity = 5_000;

/**
 * The owners of one kind, by UID, each as one short text: some 250 bytes, where objects and their parts would take
 * twice that. One that is gone is remembered for a while: it goes before its Pods do, which keep their workload.
 */
export class OwnerTable implements ReflectorSink<KubeObject> {
  /** Whoever lost his name to another has no Pods that come and go; the next list takes him out. */
  readonly tracksNames = true;
  readonly #options: OwnerTableOptions;
  readonly #texts = new Map<string, string>();
  readonly #departed = new Map<string, string>();
  readonly #missed = new Set<string>();
  readonly #awaited = new Map<string, () => void>();

  constructor(options: OwnerTableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#texts.size;
  }

  upsert({ metadata }: KubeObject): void {
    const { uid, name, namespace = '', ownerReferences } = metadata;
    if (namespace !== '' && !this.#options.inScope(namespace)) return;
    const text = pack({ namespace, name, controller: controllerReference(ownerReferences) });
    const before = this.#texts.get(uid);
    this.#texts.set(uid, text);
    this.#departed.delete(uid);
    this.#awaited.get(uid)?.();
    this.#awaited.delete(uid);
    const wasMissed = this.#missed.delete(uid);
    if (wasMissed || (before !== undefined && before !== text)) this.#options.onChange(uid);
  }

  remove(uid: string): void {
    const text = this.#texts.get(uid);
    if (text === undefined) return;
    this.#texts.delete(uid);
    this.#departed.set(uid, text);
    forgetOldest(this.#departed);
  }

  uids(): Iterable<string> {
    return this.#texts.keys();
  }

  /** Also of an owner that is gone, for a while. */
  get(uid: string): KnownOwner | undefined {
    const text = this.#texts.get(uid) ?? this.#departed.get(uid);
    return text === undefined ? undefined : unpack(text);
  }

  /** The UID of who controls it. */
  controllerUidOf(uid: string): string | undefined {
    const text = this.#texts.get(uid) ?? this.#departed.get(uid);
    return text === undefined ? undefined : controllerUid(text);
  }

  /** Resolves when the owner is seen. What waits no more calls `miss`. */
  seen(uid: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited.set(uid, resolve);
    return promise;
  }

  /** Nobody waits for the owner any more: once it is seen after all, that is a change. */
  miss(uid: string): void {
    this.#awaited.delete(uid);
    this.#missed.add(uid);
    forgetOldest(this.#missed);
  }

  /** The UIDs of those that one of these controls. */
  *controlledBy(uids: ReadonlySet<string>): Iterable<string> {
    for (const [uid, text] of this.#texts) if (uids.has(controllerUid(text))) yield uid;
  }
}

type Packed = [namespace: string, name: string, ...controller: string[]];

function pack({ namespace, name, controller }: KnownOwner): string {
  const packed: Packed = [namespace, name];
  if (controller !== undefined) {
    const { apiVersion, kind, name, uid } = controller;
    packed.push(apiVersion, kind, name, controller.controller === true ? '1' : '', uid);
  }
  return JSON.stringify(packed);
}

function unpack(text: string): KnownOwner {
  const [namespace, name, apiVersion, kind, owner = '', controls, uid = ''] = JSON.parse(text) as Packed;
  const controller =
    apiVersion === undefined || kind === undefined
      ? undefined
      : { apiVersion, kind, name: owner, uid, controller: controls === '1' };
  return { namespace, name, controller };
}

/** The last of a packed owner, without unpacking it; an owner's own name where it has no controller. */
function controllerUid(text: string): string {
  return text.slice(text.lastIndexOf('"', text.length - 3) + 1, -2);
}

function forgetOldest(entries: Map<string, unknown> | Set<string>): void {
  const oldest = entries.keys().next();
  if (entries.size > capacity && !oldest.done) entries.delete(oldest.value);
}
