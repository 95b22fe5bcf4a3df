import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../operator/time/clock.ts';
import type { ApiClient } from '../cluster/api-client.ts';
import { createPod, type KubeObject } from '../cluster/workloads.ts';
import { serviceLabel } from './expected.ts';

export interface ChurnOptions {
  readonly api: ApiClient;
  readonly namespace: string;
  /** The controller of every fifth Pod. */
  readonly replicaSet: KubeObject;
  readonly random: Random;
  /** Changes a second; fewer when the API server does not keep up. */
  readonly perSecond: number;
  /** Names to choose from, and so the most Pods that it makes. */
  readonly names: number;
}

/** Plugins in Lua see bytes, and answers are cut within such characters. */
const manyBytes = 'Zürich, 東京, 😀';

/**
 * Keeps Pods changing: creates, deletes and relabels them, and makes them anew under the same name. It goes straight
 * to the API server, and goes on when that does not answer.
 */
export class Churn {
  readonly #options: ChurnOptions;
  readonly #stop = new AbortController();
  readonly #pods = new Set<string>();
  readonly #underWay = new Set<Promise<void>>();
  #ended: Promise<void> = Promise.resolve();
  /** Changes that the API server has accepted, and how many of them made a Pod anew under the same name. */
  changes = 0;
  recreated = 0;

  constructor(options: ChurnOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** Resolves once every change has ended. May be called twice. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    await Promise.all(this.#underWay);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { perSecond } = this.#options;
    const begin = Date.now();
    for (let turn = 1; !signal.aborted; turn += 1) {
      const change = this.#change();
      this.#underWay.add(change);
      void change.then(() => this.#underWay.delete(change));
      // Never more on their way than the test's own connections carry.
      if (this.#underWay.size >= 16) await Promise.race(this.#underWay);
      const dueMs = begin + (turn * 1000) / perSecond - Date.now();
      await delay(Math.max(dueMs, 0), undefined, { signal }).catch(() => {});
    }
  }

  async #change(): Promise<void> {
    const { random, names, namespace, api } = this.#options;
    const name = `churn-${Math.floor(random() * names)}`;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const service = `service-${Math.floor(random() * 5)}`;
    const remove = () => api.request('DELETE', `${path}?gracePeriodSeconds=0`);
    const dice = random();
    try {
      if (!this.#pods.has(name)) {
        this.#pods.add(name);
        await this.#create(name, service);
      } else if (dice < 0.4) {
        await api.request('PATCH', path, { metadata: { labels: { [serviceLabel]: service } } });
      } else if (dice < 0.7) {
        this.#pods.delete(name);
        await remove();
      } else {
        await remove();
        await this.#create(name, service);
        this.recreated += 1;
      }
      this.changes += 1;
    } catch {
      // Two changes of one Pod met, or the API server is down: both are part of the test.
    }
  }

  /** Of five Pods one is a Deployment's and one is nobody's; the others are the plugin's. */
  async #create(name: string, service: string): Promise<void> {
    const { api, namespace, replicaSet, random } = this.#options;
    const kind = Math.floor(random() * 5);
    await createPod(api, {
      namespace,
      name,
      annotations: { text: manyBytes },
      ...(kind === 0 ? { owner: replicaSet } : {}),
      ...(kind > 1 ? { labels: { [serviceLabel]: service } } : {}),
    });
  }
}
