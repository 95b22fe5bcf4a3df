import { PooledKubeClient } from '../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../operator/kube/client/kubeconfig.ts';
import type { KubeObject, ObjectMeta } from '../../operator/kube/client/types.ts';
import { Reflector } from '../../operator/kube/watch/reflector.ts';
import { silentLogger } from '../../operator/observability/logging.ts';
import {
  byPlugin,
  type Carried,
  carriedBy,
  describeCarried,
  notOurs,
  serviceLabel,
  standardOf,
} from './expected.ts';

interface History {
  /** Every value of the service label that the Pod has had. */
  readonly services: Set<string>;
  /** It was once without that label, and so for standard resolution. */
  hadNoService: boolean;
  /** Seen by a list after the observer's own watch was lost: it may have had any label meanwhile. */
  hasGap: boolean;
  hasCarried: boolean;
  revision: number;
  /** All of its metadata that nobody changes, as it was first seen. */
  readonly unchanged: string;
}

export interface ObserverOptions {
  /** The administrator's, straight to the API server. */
  readonly kubeconfigPath: string;
  readonly namespace: string;
  readonly plugin: string;
  /** The latest revision of the plugin that has been applied. */
  readonly latestRevision: () => number;
  /** Whether a Pod may be seen to go back to an earlier revision. */
  readonly mayGoBack: boolean;
}

/**
 * Watches the Pods from the tests' side of the fault, and notes what must never be seen: a Pod that lost its
 * workload, one that carries half of two states or what no revision says of it, one that went back to an earlier
 * revision, and one whose other metadata somebody touched.
 */
export class Observer {
  readonly violations: string[] = [];
  readonly #options: ObserverOptions;
  readonly #histories = new Map<string, History>();
  readonly #carried = new Map<string, Carried>();
  readonly #stop = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { kubeconfigPath, namespace } = this.#options;
    const client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: kubeconfigPath }),
      version: '0',
    });
    const reflector = new Reflector<KubeObject>({
      client,
      path: `/api/v1/namespaces/${namespace}/pods`,
      what: 'Pods',
      metadataOnly: true,
      logger: silentLogger,
      sink: {
        upsert: ({ metadata }, origin) => this.#look(metadata, reflector.isSynced && origin !== 'watch'),
        remove: (uid) => {
          this.#histories.delete(uid);
          this.#carried.delete(uid);
        },
        uids: () => this.#histories.keys(),
      },
    });
    this.#ended = reflector.run(this.#stop.signal).finally(() => client.close());
    await reflector.synced;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** How many Pods carry what the plugin's revision gives. */
  count(revision: number): number {
    return [...this.#carried.values()].filter(({ type }) => type === `Rev${revision}`).length;
  }

  /** @param afterGap what happened before was not seen */
  #look(pod: ObjectMeta, afterGap: boolean): void {
    const service = pod.labels?.[serviceLabel];
    const history = this.#histories.get(pod.uid) ?? newHistory(pod);
    this.#histories.set(pod.uid, history);
    if (notOurs(pod) !== history.unchanged)
      this.#note(pod, `was ${history.unchanged} and is ${notOurs(pod)}`);
    if (afterGap) history.hasGap = true;
    if (service === undefined) history.hadNoService = true;
    else history.services.add(service);
    const carried = carriedBy(pod);
    const count = Object.values(carried).filter((value) => value !== undefined).length;
    if (count === 0) {
      if (history.hasCarried) this.#note(pod, 'lost its workload');
      return;
    }
    history.hasCarried = true;
    this.#carried.set(pod.uid, carried);
    const revision = this.#revisionOf(pod, carried, history);
    if (revision === undefined) this.#note(pod, `carries ${describeCarried(carried)}`);
    else if (revision < history.revision && !this.#options.mayGoBack) {
      this.#note(pod, `went back from revision ${history.revision} to ${revision}`);
    }
    history.revision = Math.max(history.revision, revision ?? 0);
  }

  /** The revision that says this of the Pod, 0 for standard resolution; undefined when none does. */
  #revisionOf(pod: ObjectMeta, carried: Carried, history: History): number | undefined {
    const { plugin, latestRevision } = this.#options;
    const { hasGap, hadNoService } = history;
    const text = describeCarried(carried);
    if ((hadNoService || hasGap) && text === describeCarried(standardOf(pod))) return 0;
    const revision = Number(carried.type?.match(/^Rev(\d+)$/)?.[1] ?? Number.NaN);
    const services = hasGap ? [carried.name?.replace(/-r\d+$/, '') ?? ''] : [...history.services];
    const isPossible =
      revision <= latestRevision() &&
      services.some((service) => describeCarried(byPlugin(service, plugin, revision)) === text);
    return isPossible ? revision : undefined;
  }

  #note({ name, resourceVersion }: ObjectMeta, what: string): void {
    this.violations.push(`Pod ${name} ${what} (at ${resourceVersion})`);
  }
}

function newHistory(pod: ObjectMeta): History {
  const unchanged = notOurs(pod);
  return {
    services: new Set(),
    hadNoService: false,
    hasGap: false,
    hasCarried: false,
    revision: 0,
    unchanged,
  };
}
