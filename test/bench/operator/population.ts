import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { metadataAccept } from '../../../operator/kube/client/client.ts';
import type { KubeObject, OwnerReference } from '../../../operator/kube/client/types.ts';
import { makePod } from '../memory/pods.ts';
import { inParallel, range } from './parallel.ts';
import { type Answers, canaryLabel, pluginName } from './plugin.ts';
import { concurrency } from './sizes.ts';

/** A Pod as far as a PATCH of it needs it. */
export interface KnownPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: string;
  readonly isCanary: boolean;
}

export interface PopulationOptions {
  /** The administrator's. */
  readonly client: KubeClient;
  readonly nodes: readonly string[];
  /** Every so manieth Pod is a canary. */
  readonly canaryEvery: number;
}

/** The label that only Pods made by `createUnresolved` have. */
export const freshLabel = 'luaplugin.dev/bench-fresh';

const ownerKind = { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet', plural: 'clonesets' };
const podSpec = { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] };

/** A server that is behind is a figure, not a fault. */
const createTimeoutMs = 5 * 60_000;

/**
 * The Pods of the benchmark, with 1.4 KB of metadata each as real ones have it, 20 to an owner and 2,000 to a
 * namespace. The owners exist, or the garbage collector would delete their Pods.
 */
export class Population {
  readonly #options: PopulationOptions;
  readonly #pods: KnownPod[] = [];
  readonly #namespaces = new Map<string, Promise<unknown>>();
  readonly #owners = new Map<string, Promise<OwnerReference>>();
  /** Numbers given out, so that two creations at a time take two numbers. */
  #next = 0;

  constructor(options: PopulationOptions) {
    this.#options = options;
  }

  get pods(): readonly KnownPod[] {
    return this.#pods;
  }

  /**
   * Creates Pods until there are so many. They carry what the plugin would say of them: to the operator, which knows
   * only what the API server shows, they are resolved.
   */
  async grow(to: number, answers: Answers, onCount: (count: number) => void): Promise<void> {
    await inParallel(range(this.#pods.length, to), concurrency, async () => {
      await this.#create((pod) => ({ annotations: annotationsOf(pod, answers), labels: {} }));
      onCount(this.#pods.length);
    });
  }

  /** Creates one Pod that nobody has resolved yet. */
  async createUnresolved(): Promise<void> {
    await this.#create(() => ({ annotations: {}, labels: { [freshLabel]: 'yes' } }));
  }

  async #create(
    more: (pod: Omit<KnownPod, 'uid'>) => Record<'annotations' | 'labels', Record<string, string>>,
  ): Promise<void> {
    const { client, nodes, canaryEvery } = this.#options;
    const index = this.#next++;
    const { metadata } = makePod(index);
    const { namespace = '', labels = {}, annotations = {}, ownerReferences = [] } = metadata;
    const owner = await this.#ownerOf(namespace, ownerReferences[0]?.name ?? '');
    const isCanary = index % canaryEvery === 0;
    // The number instead of the last part, which may come twice.
    const name = `${owner.name}-${index.toString(36).padStart(5, '0')}`;
    const known = { namespace, name, owner: owner.name, isCanary };
    const added = more(known);
    const body = {
      metadata: {
        name,
        labels: { ...labels, ...added.labels, ...(isCanary ? { [canaryLabel]: 'yes' } : {}) },
        annotations: { ...annotations, ...added.annotations },
        ownerReferences: [owner],
      },
      spec: { ...podSpec, nodeName: nodes[index % nodes.length] },
    };
    const { metadata: created } = await client.request<KubeObject>({
      method: 'POST',
      path: `/api/v1/namespaces/${namespace}/pods`,
      accept: metadataAccept,
      body,
      timeoutMs: createTimeoutMs,
    });
    this.#pods.push({ ...known, uid: created.uid });
  }

  #ownerOf(namespace: string, name: string): Promise<OwnerReference> {
    return once(this.#owners, name, async () => {
      await this.#ensureNamespace(namespace);
      const { apiVersion, kind, plural } = ownerKind;
      const { metadata } = await this.#options.client.request<KubeObject>({
        method: 'POST',
        path: `/apis/${apiVersion}/namespaces/${namespace}/${plural}`,
        body: { apiVersion, kind, metadata: { name } },
      });
      return { apiVersion, kind, name, uid: metadata.uid, controller: true, blockOwnerDeletion: true };
    });
  }

  #ensureNamespace(name: string): Promise<unknown> {
    const body = { metadata: { name } };
    return once(this.#namespaces, name, () =>
      this.#options.client.request({ method: 'POST', path: '/api/v1/namespaces', body }),
    );
  }
}

/** What the operator writes on a Pod when the plugin answers so. */
export function annotationsOf(
  { owner, isCanary }: Pick<KnownPod, 'owner' | 'isCanary'>,
  { type, canaryType }: Answers,
): Record<string, string> {
  return {
    'luaplugin.dev/workload-type': isCanary ? canaryType : type,
    'luaplugin.dev/workload-name': owner,
    'luaplugin.dev/resolved-by': `LuaPlugin/${pluginName}`,
  };
}

function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let known = made.get(key);
  if (known === undefined) {
    known = make();
    made.set(key, known);
  }
  return known;
}
