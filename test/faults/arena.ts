import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ObjectMeta } from '../../operator/kube/client/types.ts';
import type { Random } from '../../operator/time/clock.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { createDeployment, createPod, type KubeObject } from '../cluster/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../support/operator.ts';
import { seededRandom } from '../unit/support/random.ts';
import { Churn } from './churn.ts';
import {
  carriedBy,
  describeCarried,
  expectedOf,
  scriptOf,
  serviceLabel,
  steadyPrefix,
  strayAnnotations,
} from './expected.ts';
import { Instance, type InstanceOptions } from './instance.ts';
import type { Peak } from './invariants/request-rates.ts';
import { type ElectionTimes, Invariants } from './invariants.ts';
import { Ledger } from './ledger.ts';
import { deleteNamespace } from './namespaces.ts';
import { Observer } from './observer.ts';
import { until } from './wait.ts';

export interface ArenaOptions {
  /** Chooses the changes of the Pods. */
  readonly seed: number;
  /** Pods of the plugin that nobody changes; 40 by default. */
  readonly steadyPods?: number;
  /** Whether replicas elect a leader; one that is gone is followed after 6 s. False by default. */
  readonly election?: boolean;
  /** More lines of the operator's config file. */
  readonly config?: string;
  /** A write of a leader that lost its Lease may come late, over the next leader's. False by default. */
  readonly mayGoBack?: boolean;
}

const election: ElectionTimes = { renewDeadlineMs: 5_000, retryPeriodMs: 500 };
const electionConfig =
  'leaderElection: {enabled: true, leaseDuration: 6s, renewDeadline: 5s, retryPeriod: 500ms}\n';

/** As many Pods are created or deleted at a time. */
const atATime = 16;
/** How long it may take, in milliseconds, until all is right after a fault: back-off may be at its longest. */
const settleMs = 120_000;

/**
 * Where a fault happens: a namespace with Pods and a plugin, operators for that namespace only, each behind its proxy
 * and as the operator's own service account, and an observer who is behind none.
 */
export class Arena {
  readonly plane: ControlPlane;
  readonly random: Random;
  readonly namespace = `faults-${randomBytes(4).toString('hex')}`;
  readonly plugin = this.namespace;
  /** Those whose Pods are compared. */
  readonly #namespaces = new Set([this.namespace]);
  readonly #observer: Observer;
  readonly #ledger = new Ledger();
  readonly #invariants: Invariants;
  readonly #instances: Instance[] = [];
  #directory = '';
  #churn: Churn | undefined;
  /** How often the plugin was changed; its script says the same. */
  #revision = 0;
  #changed: Promise<void> = Promise.resolve();

  private constructor(plane: ControlPlane, options: ArenaOptions) {
    this.plane = plane;
    this.random = seededRandom(options.seed);
    this.#invariants = new Invariants(options.election === true ? election : undefined);
    this.#observer = new Observer({
      kubeconfigPath: plane.kubeconfigPath,
      namespace: this.namespace,
      plugin: this.plugin,
      latestRevision: () => this.#revision,
      mayGoBack: options.mayGoBack ?? false,
    });
  }

  /** Makes namespace, plugin and Pods, in this order: no Pod ever has to do without the plugin. */
  static async open(plane: ControlPlane, options: ArenaOptions): Promise<Arena> {
    const arena = new Arena(plane, options);
    const { namespace } = arena;
    arena.#directory = await mkdtemp(join(tmpdir(), 'faults-'));
    await writeFile(
      arena.#configFile,
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: ['${namespace}*']}\n${options.election === true ? electionConfig : ''}${options.config ?? ''}\n`,
    );
    await permitOperator(plane);
    await plane.api.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await arena.changePlugin();
    await arena.createPods(options.steadyPods ?? 40);
    await arena.createDeployment('steady');
    await arena.#observer.start();
    return arena;
  }

  get #configFile(): string {
    return join(this.#directory, 'config.yaml');
  }

  get revision(): number {
    return this.#revision;
  }

  /** How many Pods carry what the plugin's latest revision gives, as the observer has seen. */
  get upToDate(): number {
    return this.#observer.count(this.#revision);
  }

  /** Starts an operator for this namespace; ready unless told otherwise. */
  async startInstance({
    ready = true,
    ...options
  }: { ready?: boolean } & Pick<InstanceOptions, 'entry' | 'logLevel'> = {}): Promise<Instance> {
    const kubeconfig = await this.plane.serviceAccountKubeconfig(operatorAccount);
    const instance = await Instance.create({ ...options, kubeconfig, configFile: this.#configFile });
    this.#instances.push(instance);
    this.#ledger.follow(instance.proxy);
    this.#invariants.follow(instance);
    await instance.start();
    if (ready) await instance.ready();
    return instance;
  }

  /** The one instance that leads, and the others; waits until exactly one does. */
  async leader(): Promise<{ leader: Instance; others: readonly Instance[] }> {
    return await until('one instance to lead', async () => {
      const leading = await Promise.all(this.#instances.map((instance) => instance.leads()));
      const [leader, second] = this.#instances.filter((_instance, index) => leading[index]);
      if (leader === undefined || second !== undefined) return undefined;
      return { leader, others: this.#instances.filter((instance) => instance !== leader) };
    });
  }

  /** Makes another namespace that operators and plugin look after; its Pods are compared, too, while it is there. */
  async openNamespace(suffix: string): Promise<string> {
    const name = `${this.namespace}-${suffix}`;
    await this.plane.api.request('POST', '/api/v1/namespaces', { metadata: { name } });
    this.#namespaces.add(name);
    return name;
  }

  /** As its controller would delete it, with all that is in it. */
  async deleteNamespace(name: string): Promise<void> {
    this.#namespaces.delete(name);
    await deleteNamespace(this.plane.api, name);
  }

  /** Applies the plugin's next revision, after those that others are applying: the last one counts. */
  changePlugin(): Promise<void> {
    const change = this.#changed.then(() => this.#applyNext());
    this.#changed = change.catch(() => {});
    return change;
  }

  async #applyNext(): Promise<void> {
    const collection = '/apis/luaplugin.dev/v1alpha1/luaplugins';
    const revision = this.#revision + 1;
    const script = scriptOf(revision);
    this.#revision = revision;
    this.#invariants.pluginChanges();
    if (revision > 1) {
      await this.plane.api.request('PATCH', `${collection}/${this.plugin}`, { spec: { script } });
      return;
    }
    const match = { namespaces: { include: [`${this.namespace}*`] } };
    await this.plane.api.request('POST', collection, {
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name: this.plugin },
      // A busy machine must not pass for a plugin that fails.
      spec: { match, script, limits: { timeout: '10s' } },
    });
  }

  /** A Deployment with two Pods, which standard resolution finds through their ReplicaSet. */
  async createDeployment(name: string): Promise<void> {
    await createDeployment(this.plane.api, { namespace: this.namespace, name, pods: 2 });
  }

  /**
   * Creates, deletes, relabels and recreates Pods, so many times a second, until settled().
   * @param names to choose from
   */
  async churn(perSecond = 100, names = 40): Promise<void> {
    await this.#churn?.stop();
    const { namespace, random } = this;
    const { api } = this.plane;
    const replicaSet = await api.request<KubeObject>(
      'GET',
      `/apis/apps/v1/namespaces/${namespace}/replicasets/steady-7c5ddbdf54`,
    );
    this.#churn = new Churn({ api, namespace, replicaSet, random, perSecond, names });
    this.#churn.start();
  }

  /** Changes of Pods since churn(). */
  get changes(): number {
    return this.#churn?.changes ?? 0;
  }

  /** Resolves when so many more Pods have changed, and some came back under the same name with another UID. */
  async podsChange(changes = 100): Promise<void> {
    const churn = this.#churn;
    if (churn === undefined) throw new Error('churn() makes Pods change');
    const goals = { changes: churn.changes + changes, recreated: churn.recreated + changes / 20 };
    await until(
      `${changes} Pods to change`,
      () => churn.changes >= goals.changes && churn.recreated >= goals.recreated,
    );
  }

  /**
   * Ends the changes, compares every Pod with what it must carry until all are right, and asserts that nothing
   * forbidden was seen.
   */
  async settled(): Promise<void> {
    await this.#churn?.stop();
    this.#churn = undefined;
    await this.#allRight().catch(async (cause: unknown) => {
      const logs = await Promise.all(this.#instances.map((instance) => instance.situation()));
      throw new Error([cause instanceof Error ? cause.message : cause, ...logs].join('\n'), { cause });
    });
    this.assertNothingForbidden();
  }

  async #allRight(): Promise<void> {
    await eventually(
      'every Pod to carry its workload',
      async () => {
        const pods = await this.#pods();
        const wrong = pods.flatMap((pod) => this.#difference(pod) ?? []);
        expect(pods).not.to.have.length(0);
        if (wrong.length === 0) return true;
        throw new Error(`${wrong.length} of ${pods.length} Pods are wrong: ${wrong.slice(0, 5).join('; ')}`);
      },
      { timeoutMs: settleMs },
    );
  }

  /**
   * The end of every fault: settled(), the operator knows how many Pods its plugin has, and a list that shows nothing
   * new leads to no write.
   */
  async comesOutRight(instance: Instance): Promise<void> {
    await this.settled();
    await this.isCounted(instance);
    await instance.writesNothingOnRelist();
    this.assertNothingForbidden();
  }

  /** Resolves when the operator knows how many Pods its plugin has: it missed no deletion. */
  async isCounted(instance: Instance): Promise<void> {
    const pods = (await this.#pods()).filter(({ labels }) => labels?.[serviceLabel] !== undefined).length;
    await until('the operator to count its Pods', async () => {
      expect(await instance.sum(`luaplugin_pods{plugin="${this.plugin}"`)).to.equal(pods);
      return true;
    });
  }

  /** By kind of request, the busiest minute of any operator. */
  get peaks(): readonly (readonly [string, Peak])[] {
    return this.#invariants.peaks;
  }

  /**
   * No Pod was seen in a state that it must never be in, no operator wrote what it had written already, and all
   * invariants held.
   */
  assertNothingForbidden(): void {
    const violations = [
      ...this.#observer.violations,
      ...this.#ledger.violations,
      ...this.#invariants.violations,
    ];
    if (violations.length === 0) return;
    throw new Error(
      `what was seen meanwhile, first of ${violations.length}:\n${violations.slice(0, 8).join('\n')}`,
    );
  }

  async close(): Promise<void> {
    await this.#churn?.stop();
    await this.#observer.stop();
    await Promise.all(this.#instances.map((instance) => instance.close()));
    await rm(this.#directory, { recursive: true, force: true });
    await this.plane.kubectl(['delete', 'luaplugin', this.plugin, '--ignore-not-found']);
    await this.#deletePods();
  }

  /** Pods of the plugin that nobody changes; in the first namespace unless told otherwise. */
  async createPods(count: number, namespace = this.namespace): Promise<void> {
    await eachOf(
      Array.from({ length: count }, (_none, index) => index),
      async (index) => {
        const labels = { [serviceLabel]: `service-${index % 7}` };
        await createPod(this.plane.api, { namespace, name: `${steadyPrefix}${index}`, labels });
      },
    );
  }

  /** One by one: the API server takes 0.2 s for each when told to delete the collection. */
  async #deletePods(): Promise<void> {
    await eachOf(await this.#pods(), ({ namespace, name }) =>
      // It may have gone by itself.
      this.plane.api.request('DELETE', `${podsPath(namespace)}/${name}?gracePeriodSeconds=0`).catch(() => {}),
    );
  }

  async #pods(): Promise<ObjectMeta[]> {
    const lists = [...this.#namespaces].map(async (namespace) => {
      const { items } = await this.plane.api.request<PodList>('GET', podsPath(namespace));
      return items.map(({ metadata }) => metadata);
    });
    return (await Promise.all(lists)).flat();
  }

  #difference(pod: ObjectMeta): string | undefined {
    // What is going is written no more.
    if ('deletionTimestamp' in pod) return undefined;
    const expected = describeCarried(expectedOf(pod, this.plugin, this.#revision));
    const carried = [describeCarried(carriedBy(pod)), ...strayAnnotations(pod)].join(' and ');
    return carried === expected ? undefined : `${pod.name} carries ${carried} instead of ${expected}`;
  }
}

interface PodList {
  readonly items: readonly { readonly metadata: ObjectMeta }[];
}

function podsPath(namespace: string | undefined): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

const permitted = new WeakMap<ControlPlane, Promise<unknown>>();

/** Applies the operator's service account and permissions, once. */
async function permitOperator(plane: ControlPlane): Promise<void> {
  const applied = permitted.get(plane) ?? plane.kubectl(['apply', '-k', baseDirectory]);
  permitted.set(plane, applied);
  await applied;
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
