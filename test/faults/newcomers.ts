import { setTimeout as delay } from 'node:timers/promises';
import type { ObjectMeta } from '../../operator/kube/client/types.ts';
import type { ApiClient } from '../cluster/api-client.ts';
import { createPod } from '../cluster/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { carriedBy, serviceLabel } from './expected.ts';

/** Between two new Pods, in milliseconds. */
const everyMs = 500;

export interface NewcomersOptions {
  readonly api: ApiClient;
  /** One that nothing else happens in. */
  readonly namespace: string;
  /** The longest that a new Pod may wait, in milliseconds. */
  readonly boundMs: number;
}

/**
 * Creates Pods one after the other, in a namespace that no fault touches, and measures how long each waits for its
 * workload.
 * @param over as long as this has not resolved, and for one Pod at the least
 * @returns the longest wait, in milliseconds; throws when a Pod waits longer than it may, or as `over` does
 */
export async function longestWait(options: NewcomersOptions, over: Promise<unknown>): Promise<number> {
  const { api, namespace, boundMs } = options;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  let isOver = false;
  const ended = over.finally(() => {
    isOver = true;
  });
  ended.catch(() => {}); // awaited below
  let longest = 0;
  for (let index = 0; index === 0 || !isOver; index += 1) {
    const { metadata } = await createPod(api, {
      namespace,
      name: { prefix: 'newcomer-' },
      labels: { [serviceLabel]: 'newcomer' },
    });
    const begin = Date.now();
    await eventually(
      `the new Pod ${metadata.name} to carry its workload`,
      async () => {
        const pod = await api.request<{ metadata: ObjectMeta }>('GET', `${path}/${metadata.name}`);
        return carriedBy(pod.metadata).name !== undefined;
      },
      { timeoutMs: boundMs },
    );
    longest = Math.max(longest, Date.now() - begin);
    await api.request('DELETE', `${path}/${metadata.name}?gracePeriodSeconds=0`);
    await delay(everyMs);
  }
  await ended;
  return longest;
}
