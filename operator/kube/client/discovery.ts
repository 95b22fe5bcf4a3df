import { type Clock, systemClock } from '../../time/clock.ts';
import type { KubeClient } from './client.ts';
import { isNotFound } from './errors.ts';

/** A kind as the API server serves it. */
export interface ServedResource {
  /** Path of one object; the namespace is used where the resource is namespaced. Parts are escaped. */
  readonly path: (namespace: string | undefined, name: string) => string;
  /** Path of all objects, in whatever namespace. */
  readonly collection: string;
  readonly namespaced: boolean;
  /** The plural in paths and RBAC rules: `deployments`. */
  readonly resource: string;
  /** Empty for the core group. */
  readonly group: string;
}

export interface DiscoveryOptions {
  readonly client: KubeClient;
  readonly clock?: Clock;
  /** How long an answer is believed, in milliseconds; 30,000 by default. */
  readonly ttlMs?: number;
}

const defaultTtlMs = 30_000;

interface ApiGroupList {
  groups?: { name: string; versions?: { groupVersion: string }[] }[];
}

interface ApiResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/** apidiscovery.k8s.io/v2 and its beta: all groups in one answer. The core group has no name. */
interface ApiGroupDiscoveryList {
  kind: string;
  items?: {
    metadata?: { name?: string };
    versions?: { resources?: { resource: string }[] }[];
  }[];
}

/** The newer form, then its beta (before Kubernetes 1.30), then what older servers have, which names no resources. */
const aggregatedAccept = [
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
  'application/json',
].join(',');

/** What /apis says: the groups, and which group versions they have. */
interface Groups {
  readonly names: Set<string>;
  readonly versions: ReadonlySet<string>;
}

/** Which kinds the API server serves, and where. Asks that come together share a request; failures are not kept. */
export class Discovery {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #groups: Cached<Groups> | undefined;
  /** Only versions that /apis names get in here, so invented ones cannot fill it. */
  readonly #resources = new Map<string, Cached<ReadonlyMap<string, ServedResource>>>();

  constructor({ client, clock = systemClock, ttlMs = defaultTtlMs }: DiscoveryOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /**
   * @param apiVersion `v1` or `apps/v1`.
   * @returns undefined when the server does not serve this kind
   * @throws ApiError, ConnectionError when it cannot be asked
   */
  async resourceFor(apiVersion: string, kind: string): Promise<ServedResource | undefined> {
    if (apiVersion !== 'v1' && !(await this.#servedGroups()).versions.has(apiVersion)) {
      this.#resources.delete(apiVersion);
      return undefined;
    }
    const resources = await this.#resourcesOf(apiVersion);
    return resources.get(kind);
  }

  /** Names of the API groups that are served, the core group as the empty string. */
  async servedGroups(): Promise<Set<string>> {
    return new Set((await this.#servedGroups()).names);
  }

  #servedGroups(): Promise<Groups> {
    if (!this.#isFresh(this.#groups)) {
      this.#groups = this.#cached(this.#readGroups(), () => {
        this.#groups = undefined;
      });
    }
    return this.#groups.value;
  }

  /**
   * Every resource of every group that is served, by its plural. Not kept: it is for a question that is asked once.
   * @returns undefined when the server does not tell them together
   * @throws ApiError, ConnectionError when it cannot be asked
   */
  async servedResources(
    signal?: AbortSignal,
  ): Promise<readonly Pick<ServedResource, 'group' | 'resource'>[] | undefined> {
    const lists = await Promise.all(
      ['/api', '/apis'].map((path) =>
        this.#client.request<ApiGroupDiscoveryList>({
          method: 'GET',
          path,
          accept: aggregatedAccept,
          signal,
        }),
      ),
    );
    if (lists.some(({ kind }) => kind !== 'APIGroupDiscoveryList')) return undefined;
    return lists.flatMap(({ items = [] }) =>
      items.flatMap(({ metadata, versions = [] }) =>
        versions.flatMap(({ resources = [] }) =>
          resources.map(({ resource }) => ({ group: metadata?.name ?? '', resource })),
        ),
      ),
    );
  }

  #resourcesOf(apiVersion: string): Promise<ReadonlyMap<string, ServedResource>> {
    let cached = this.#resources.get(apiVersion);
    if (!this.#isFresh(cached)) {
      cached = this.#cached(this.#readResources(apiVersion), () => this.#resources.delete(apiVersion));
      this.#resources.set(apiVersion, cached);
    }
    return cached.value;
  }

  #isFresh<T>(cached: Cached<T> | undefined): cached is Cached<T> {
    return cached !== undefined && cached.until > this.#clock.now();
  }

  #cached<T>(value: Promise<T>, drop: () => void): Cached<T> {
    value.catch(drop);
    return { value, until: this.#clock.now() + this.#ttlMs };
  }

  async #readGroups(): Promise<Groups> {
    const { groups = [] } = await this.#client.request<ApiGroupList>({ method: 'GET', path: '/apis' });
    return {
      names: new Set(['', ...groups.map(({ name }) => name)]),
      versions: new Set(
        groups.flatMap(({ versions = [] }) => versions.map(({ groupVersion }) => groupVersion)),
      ),
    };
  }

  async #readResources(apiVersion: string): Promise<ReadonlyMap<string, ServedResource>> {
    const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const group = apiVersion === 'v1' ? '' : apiVersion.slice(0, apiVersion.indexOf('/'));
    try {
      const list = await this.#client.request<ApiResourceList>({ method: 'GET', path: root });
      const byKind = new Map<string, ServedResource>();
      for (const { name, kind, namespaced } of list.resources ?? []) {
        // Subresources (`deployments/scale`) have kinds too, which are not objects of their own.
        if (!name.includes('/')) byKind.set(kind, servedResource(root, group, name, namespaced));
      }
      return byKind;
    } catch (error) {
      // The version went between the two requests.
      if (isNotFound(error)) return new Map();
      throw error;
    }
  }
}

interface Cached<T> {
  readonly value: Promise<T>;
  readonly until: number;
}

function servedResource(root: string, group: string, resource: string, namespaced: boolean): ServedResource {
  const path = (namespace: string | undefined, name: string) => {
    const scope = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${root}${scope}/${resource}/${encodeURIComponent(name)}`;
  };
  return { path, collection: `${root}/${resource}`, namespaced, resource, group };
}
