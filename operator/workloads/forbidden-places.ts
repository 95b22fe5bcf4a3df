import type { ServedResource } from '../kube/client/discovery.ts';
import type { Logger } from '../observability/logging.ts';
import type { Clock } from '../time/clock.ts';

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

export interface ForbiddenPlacesOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** Told of each resource that turns out to be forbidden, once until it is allowed. */
  readonly onForbidden?: ((missing: MissingPermission) => void) | undefined;
  /** Told of each resource that may be read again, or is not known to be forbidden anywhere any more. */
  readonly onAllowed?: ((missing: MissingPermission) => void) | undefined;
}

/** How long, in milliseconds, a resource that RBAC forbids is left alone unless it is found to be allowed. */
const forbiddenMs = 10 * 60_000;
/** Of the places that are remembered. */
const capacity = 1_000;

/** Where owners may not be read. A place is `namespace/resource.group`, or `/resource.group` for a cluster-scoped one. */
export class ForbiddenPlaces {
  readonly #options: ForbiddenPlacesOptions;
  readonly #places = new Map<string, { readonly missing: MissingPermission; readonly until: number }>();

  constructor(options: ForbiddenPlacesOptions) {
    this.#options = options;
  }

  /** Whether it is forbidden there, as far as is known. */
  has(place: string): boolean {
    const known = this.#places.get(place);
    return known !== undefined && known.until > this.#options.clock.now();
  }

  add(place: string, missing: MissingPermission): void {
    const { clock, logger, onForbidden } = this.#options;
    const isNews = this.#placesOf(missing).length === 0;
    this.#places.set(place, { missing, until: clock.now() + forbiddenMs });
    const [oldest] = this.#places.keys();
    if (this.#places.size > capacity && oldest !== undefined) this.#forget([oldest]);
    if (!isNews) return;
    const { group, resource, kind } = missing;
    logger.warn(
      { group, resource, kind, place },
      `may not get ${resourceName(missing)}; its Pods count as ${kind} itself. If it has owners of its own, apply ` +
        `a ClusterRole labelled luaplugin.dev/aggregate-to-owners=true that allows get, list and watch on it`,
    );
    onForbidden?.(missing);
  }

  /** Whoever was granted it in one place is asked again in all. */
  allow(missing: MissingPermission): void {
    this.#forget(this.#placesOf(missing));
  }

  /** The namespace is gone, and with it what must not be read there. */
  forgetNamespace(namespace: string): void {
    this.#forget([...this.#places.keys()].filter((place) => place.startsWith(`${namespace}/`)));
  }

  /** Forgets places, and tells of those resources that are forbidden nowhere else. */
  #forget(places: readonly string[]): void {
    const forgotten = new Map<string, MissingPermission>();
    for (const place of places) {
      const missing = this.#places.get(place)?.missing;
      this.#places.delete(place);
      if (missing !== undefined) forgotten.set(resourceName(missing), missing);
    }
    for (const missing of forgotten.values()) {
      if (this.#placesOf(missing).length === 0) this.#options.onAllowed?.(missing);
    }
  }

  #placesOf({ group, resource }: MissingPermission): string[] {
    return [...this.#places].flatMap(([place, { missing }]) =>
      missing.group === group && missing.resource === resource ? [place] : [],
    );
  }
}

/** `rayclusters.ray.io`; `pods` in the core group. */
export function resourceName({ group, resource }: Pick<ServedResource, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}
