import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../cluster/api-client.ts';
import { createPod } from '../cluster/workloads.ts';
import { serviceLabel } from './expected.ts';

export interface ShortPodsOptions {
  readonly api: ApiClient;
  readonly namespace: string;
  readonly perSecond: number;
  /** How long each lives before it is deleted, in milliseconds. */
  readonly livesMs: number;
  /** As long Pods are created, in milliseconds. */
  readonly ms: number;
}

/** How long a Pod on a node takes to end, in milliseconds: it is there, and going. */
const graceMs = 2_000;
/** Requests on their way at the most. */
const atATime = 12;

/**
 * Floods a namespace with Pods that live for seconds, as Jobs make them. Every second is on a node and takes a while
 * to end, with a deletionTimestamp; the others are gone at once. Resolves when the last has gone.
 * @returns how many there were
 */
export async function floodWithShortPods(options: ShortPodsOptions): Promise<number> {
  const { perSecond, ms } = options;
  const begin = Date.now();
  const lives = new Set<Promise<void>>();
  const creations = new Set<Promise<void>>();
  let count = 0;
  for (; Date.now() - begin < ms; count += 1) {
    const { created, gone } = shortPod(options, count);
    creations.add(created);
    lives.add(gone);
    void created.then(() => creations.delete(created));
    void gone.then(() => lives.delete(gone));
    if (creations.size >= atATime) await Promise.race(creations);
    await delay(Math.max(begin + ((count + 1) * 1000) / perSecond - Date.now(), 0));
  }
  await Promise.all(lives);
  return count;
}

/** Neither rejects: an API server that is down makes no Pods, and is tried again for the deletion. */
function shortPod({ api, namespace, livesMs }: ShortPodsOptions, index: number) {
  const name = `short-${index}`;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const onNode = index % 2 === 0 ? { node: 'nowhere' } : {};
  const creation = createPod(api, { namespace, name, labels: { [serviceLabel]: 'short' }, ...onNode }).then(
    () => true,
    () => false,
  );
  const live = async () => {
    if (!(await creation)) return;
    await delay(livesMs);
    if (index % 2 === 0) {
      await api.request('DELETE', `${path}?gracePeriodSeconds=${graceMs / 1000}`).catch(() => {});
      await delay(graceMs);
    }
    await removed(api, path);
  };
  return { created: creation.then(() => {}), gone: live() };
}

async function removed(api: ApiClient, path: string): Promise<void> {
  for (;;) {
    const isGone = await api.request('DELETE', `${path}?gracePeriodSeconds=0`).then(
      () => true,
      (error: unknown) => String(error).includes('404'),
    );
    if (isGone) return;
    await delay(500);
  }
}
