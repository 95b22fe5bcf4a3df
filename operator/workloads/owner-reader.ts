import type { KubeClient } from '../kube/client.ts';
import { metadataAccept } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Discovery, ServedResource } from '../kube/discovery.ts';
import { isForbidden, isRefused } from '../kube/errors.ts';
import type { KubeObject, OwnerReference } from '../kube/types.ts';
import type { Logger } from '../observability/logging.ts';
import { groupOf } from './kinds.ts';
import { controllerReference, type OwnerAnswer, type Owners } from './standard.ts';

export interface OwnerReaderOptions {
  readonly client: KubeClient;
  readonly discovery: Pick<Discovery, 'resourceFor'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Owners remembered at the most; the one read longest ago is forgotten first. */
  readonly capacity?: number;
}

const defaultCapacity = 10_000;
/** How long, in milliseconds, a resource that RBAC forbids is left alone before it is tried again. */
const forbiddenMs = 10 * 60_000;
/** Of the names of forbidden resources in namespaces that are remembered. */
const forbiddenCapacity = 1_000;

/** The chain ends here, for good. */
const none: OwnerAnswer = { controller: undefined, isFinal: true };
/** The chain ends here for now: a CRD, an owner or a permission may come. */
const noneYet: OwnerAnswer = { controller: undefined, isFinal: false };

/**
 * Reads owners as metadata, each once: who controls an object is a fact that goes with its UID. Concurrent asks for
 * one owner share a request.
 *
 * An owner reference is whatever the Pod's creator wrote: it is believed for this Pod only, so the memory goes by
 * all of it and by the namespace, and keeps no answer but those that the API server gave about that very object.
 */
export class OwnerReader implements Owners {
  readonly #options: OwnerReaderOptions;
  readonly #known = new Map<string, Promise<OwnerAnswer>>();
  readonly #forbiddenUntil = new Map<string, number>();

  constructor(options: OwnerReaderOptions) {
    this.#options = options;
  }

  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerAnswer> {
    if (!isPathSegment(owner.name)) return Promise.resolve(none);
    const key = [namespace, owner.apiVersion, owner.kind, owner.name, owner.uid].join('\n');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const asked = this.#read(owner, namespace);
    this.#known.set(key, asked);
    asked.then(
      ({ controller }) => controller ?? this.#known.delete(key),
      () => this.#known.delete(key),
    );
    forgetOldest(this.#known, this.#options.capacity ?? defaultCapacity);
    return asked;
  }

  async #read(owner: OwnerReference, namespace: string): Promise<OwnerAnswer> {
    const { client, discovery, clock } = this.#options;
    const served = await discovery.resourceFor(owner.apiVersion, owner.kind);
    if (served === undefined) return noneYet;
    const resource = `${served.resource}.${served.group}`;
    const place = served.namespaced ? `${namespace}/${resource}` : resource;
    if ((this.#forbiddenUntil.get(place) ?? 0) > clock.now()) return noneYet;
    try {
      const object = await client.request<KubeObject>({
        method: 'GET',
        path: served.path(namespace, owner.name),
        accept: metadataAccept,
      });
      // Another object may have taken the name since; its owners are not this Pod's.
      if (object.metadata?.uid !== owner.uid) return none;
      return { controller: controllerReference(object.metadata.ownerReferences), isFinal: true };
    } catch (error) {
      if (isForbidden(error)) return this.#forbid(place, resource, served, owner);
      // Gone, or a name that the API server does not take: nothing to wait for.
      if (isRefused(error)) return none;
      throw error;
    }
  }

  #forbid(place: string, resource: string, served: ServedResource, owner: OwnerReference): OwnerAnswer {
    const { clock, logger } = this.#options;
    this.#forbiddenUntil.set(place, clock.now() + forbiddenMs);
    forgetOldest(this.#forbiddenUntil, forbiddenCapacity);
    logger.warn(
      { group: groupOf(owner.apiVersion), resource: served.resource, kind: owner.kind, place },
      `may not read ${resource}; its Pods count as ${owner.kind} itself. If it has owners of its own, apply a ` +
        `ClusterRole labelled luaplugin.dev/aggregate-to-owners=true that allows get on it`,
    );
    return noneYet;
  }
}

/** Whether a name is one segment of a path, as Kubernetes requires of names; else it would lead elsewhere. */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

function forgetOldest(map: Map<string, unknown>, capacity: number): void {
  const oldest = map.keys().next();
  if (map.size > capacity && !oldest.done) map.delete(oldest.value);
}
