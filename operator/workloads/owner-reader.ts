import { type KubeClient, type KubeRequest, metadataAccept } from '../kube/client/client.ts';
import type { Discovery } from '../kube/client/discovery.ts';
import { isForbidden, isRefused } from '../kube/client/errors.ts';
import type { KubeObject, OwnerReference } from '../kube/client/types.ts';
import type { Logger } from '../observability/logging.ts';
import type { OwnerReadResult } from '../observability/metrics.ts';
import type { Clock } from '../time/clock.ts';
import type { MissingDependencies } from './missing-dependencies.ts';
import { SlowReads } from './slow-reads.ts';
import { controllerReference, type OwnerAnswer, type Owners } from './standard.ts';

/** A resource that owners are of, and that this operator may not get. */
export interface MissingPermission {
  /** API group; empty for the core group. */
  readonly group: string;
  /** The plural. */
  readonly resource: string;
  /** The kind of the owner met first. */
  readonly kind: string;
  readonly apiVersion: string;
}

export interface OwnerReaderOptions {
  readonly client: KubeClient;
  readonly discovery: Pick<Discovery, 'resourceFor'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told of what could be followed further once it is there. */
  readonly missing?: Pick<MissingDependencies, 'add'>;
  /** Told what each question to the API server came to. */
  readonly onRead?: (result: OwnerReadResult) => void;
  /** Told of each resource that turns out to be forbidden, once until it is allowed. */
  readonly onForbidden?: (missing: MissingPermission) => void;
  /** Told of each resource that may be read again, or is not known to be forbidden anywhere any more. */
  readonly onAllowed?: (missing: MissingPermission) => void;
  /** How many may ask at a time; by default 64. See SlowReads. */
  readonly workers?: number;
  /** Owners remembered at the most; the one read longest ago is forgotten first. */
  readonly capacity?: number;
}

const defaultWorkers = 64;
const defaultCapacity = 10_000;
/** How long, in milliseconds, a resource that RBAC forbids is left alone unless it is found to be allowed. */
const forbiddenMs = 10 * 60_000;
/** Of the places where resources are forbidden that are remembered. */
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
  readonly #slowReads: SlowReads;
  /** By place: `namespace/resource.group`, or `/resource.group` for a cluster-scoped one. */
  readonly #forbidden = new Map<string, { readonly missing: MissingPermission; readonly until: number }>();

  constructor(options: OwnerReaderOptions) {
    this.#options = options;
    this.#slowReads = new SlowReads(options.workers ?? defaultWorkers, options.clock);
  }

  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerAnswer> {
    if (!isPathSegment(owner.name)) return Promise.resolve(none);
    const key = [namespace, owner.apiVersion, owner.kind, owner.name, owner.uid].join('\n');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const kind = `${owner.kind} of ${owner.apiVersion}`;
    const asked = this.#slowReads.run(kind, (signal) => this.#read(owner, namespace, signal));
    this.#known.set(key, asked);
    asked.then(
      ({ controller }) => controller ?? this.#known.delete(key),
      () => this.#known.delete(key),
    );
    forgetOldest(this.#known, this.#options.capacity ?? defaultCapacity);
    return asked;
  }

  /** The namespace is gone, and with it what must not be read there. */
  forgetNamespace(namespace: string): void {
    this.#forget([...this.#forbidden.keys()].filter((place) => place.startsWith(`${namespace}/`)));
  }

  async #read(owner: OwnerReference, namespace: string, signal: AbortSignal): Promise<OwnerAnswer> {
    const { client, discovery, clock, missing, onRead } = this.#options;
    const { apiVersion, kind } = owner;
    const served = await discovery.resourceFor(apiVersion, kind);
    if (served === undefined) {
      onRead?.('unserved');
      missing?.add(`kind ${kind} of ${apiVersion}`, async () => {
        return (await discovery.resourceFor(apiVersion, kind)) !== undefined;
      });
      return noneYet;
    }
    const place = `${served.namespaced ? namespace : ''}/${resourceName(served)}`;
    const { group, resource } = served;
    const permission = { group, resource, kind, apiVersion };
    const request = {
      method: 'GET',
      path: served.path(namespace, owner.name),
      accept: metadataAccept,
    } as const;
    const wait = () => this.#await(place, permission, request, served.namespaced ? namespace : undefined);
    const forbidden = this.#forbidden.get(place);
    if (forbidden !== undefined && forbidden.until > clock.now()) {
      wait();
      return noneYet;
    }
    try {
      const object = await client.request<KubeObject>({ ...request, signal });
      if (forbidden !== undefined) this.#allow(forbidden.missing);
      const isThatOne = object.metadata?.uid === owner.uid;
      onRead?.(isThatOne ? 'found' : 'gone');
      // Another object may have taken the name since; its owners are not this Pod's.
      if (!isThatOne) return none;
      return { controller: controllerReference(object.metadata.ownerReferences), isFinal: true };
    } catch (error) {
      if (isForbidden(error)) {
        onRead?.('forbidden');
        this.#forbid(place, permission);
        wait();
        return noneYet;
      }
      // Gone, or a name that the API server does not take: nothing to wait for.
      const isGone = isRefused(error);
      onRead?.(isGone ? 'gone' : 'error');
      if (isGone) return none;
      throw error;
    }
  }

  #forbid(place: string, missing: MissingPermission): void {
    const { clock, logger, onForbidden } = this.#options;
    const isNews = this.#placesOf(missing).length === 0;
    this.#forbidden.set(place, { missing, until: clock.now() + forbiddenMs });
    const [oldest] = this.#forbidden.keys();
    if (this.#forbidden.size > forbiddenCapacity && oldest !== undefined) this.#forget([oldest]);
    if (!isNews) return;
    const { group, resource, kind } = missing;
    logger.warn(
      { group, resource, kind, place },
      `may not get ${resourceName(missing)}; its Pods count as ${kind} itself. If it has owners of its own, apply ` +
        `a ClusterRole labelled luaplugin.dev/aggregate-to-owners=true that allows get on it`,
    );
    onForbidden?.(missing);
  }

  /** Has the permission looked for; said again by each Pod that still waits. The call itself needs no other right. */
  #await(
    place: string,
    missing: MissingPermission,
    request: KubeRequest,
    namespace: string | undefined,
  ): void {
    const isAllowed = async () => {
      try {
        await this.#options.client.request(request);
      } catch (error) {
        if (isForbidden(error)) return false;
        if (!isRefused(error)) throw error;
      }
      this.#allow(missing);
      return true;
    };
    this.#options.missing?.add(`permission to get ${place}`, isAllowed, namespace);
  }

  /** Whoever was granted it in one place is asked again in all. */
  #allow(missing: MissingPermission): void {
    this.#forget(this.#placesOf(missing));
  }

  /** Forgets where resources are forbidden, and tells of those that are forbidden nowhere else. */
  #forget(places: readonly string[]): void {
    const forgotten = new Map<string, MissingPermission>();
    for (const place of places) {
      const missing = this.#forbidden.get(place)?.missing;
      this.#forbidden.delete(place);
      if (missing !== undefined) forgotten.set(resourceName(missing), missing);
    }
    for (const missing of forgotten.values()) {
      if (this.#placesOf(missing).length === 0) this.#options.onAllowed?.(missing);
    }
  }

  #placesOf({ group, resource }: MissingPermission): string[] {
    return [...this.#forbidden].flatMap(([place, { missing }]) =>
      missing.group === group && missing.resource === resource ? [place] : [],
    );
  }
}

/** `rayclusters.ray.io`; `pods` in the core group. */
export function resourceName({ group, resource }: Pick<MissingPermission, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Whether a name is one segment of a path, as Kubernetes requires of names; else it would lead elsewhere. */
function isPathSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name);
}

function forgetOldest(map: Map<string, unknown>, capacity: number): void {
  const oldest = map.keys().next();
  if (map.size > capacity && !oldest.done) map.delete(oldest.value);
}
