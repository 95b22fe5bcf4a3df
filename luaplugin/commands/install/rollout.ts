import type { V1DaemonSet, V1Deployment, V1PodList } from '@kubernetes/client-node';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isForbidden } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { referenceTo, type Target } from '../../cluster/manifest.ts';
import { undefinedIf } from '../../cluster/requests.ts';
import { Waiting, type WaitingOptions } from '../../cluster/waiting.ts';
import { installName, nameLabel } from './manifests.ts';

/** How far something has come that takes a while. */
export interface Rollout {
  readonly isDone: boolean;
  /** As in "1 of 2 replicas are available". */
  readonly says: string;
}

/** What is waited for, and for how long. */
export interface RolloutWait extends WaitingOptions {
  readonly client: KubeClient;
  /** Those that need no waiting are passed over. */
  readonly targets: readonly Target[];
  /** Told of each object that is there. */
  readonly onDone: (message: string) => void;
}

const intervalMs = 500;

/**
 * Waits until the resource definition is established, and the operator's Pods are available.
 * @returns undefined once all is there; else what is missing when the time is over
 */
export async function waitForRollout(wait: RolloutWait): Promise<string | undefined> {
  const { client, onDone } = wait;
  const waiting = new Waiting(wait, intervalMs);
  for (const { manifest, path } of wait.targets.filter(({ manifest }) => manifest.kind in rollouts)) {
    const reference = referenceTo(manifest);
    for (;;) {
      const object = await client.request<Progressing>({ method: 'GET', path });
      const { isDone, says } = rolloutOf(object, manifest.kind);
      if (isDone) {
        onDone(`${reference} ${says}`);
        break;
      }
      const trouble = waiting.isLong ? await troubleOfPods(object, client) : undefined;
      const news = `${reference}: ${says}${trouble === undefined ? '' : `; ${trouble}`}`;
      if (!(await waiting.pause(news))) return news;
    }
  }
  return undefined;
}

/** CustomResourceDefinition, Deployment and DaemonSet, as far as they tell how far they are. */
export interface Progressing extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: Partial<NonNullable<V1Deployment['status']> & NonNullable<V1DaemonSet['status']>>;
}

const rollouts: Readonly<Record<string, (object: Progressing) => Rollout>> = {
  CustomResourceDefinition: ({ status }) => {
    const isDone = status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True');
    return isDone ? { isDone, says: 'is established' } : { isDone: false, says: 'not established yet' };
  },
  Deployment: ({ spec, status = {} }) => {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
    return podsOf('replicas', spec?.replicas ?? 1, updatedReplicas, availableReplicas, replicas);
  },
  DaemonSet: ({ status = {} }) => {
    const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    return podsOf('nodes', desiredNumberScheduled, updatedNumberScheduled, numberAvailable, 0);
  },
};

/**
 * How far an object is, by the rules of `kubectl rollout status`.
 * @param kind one of those that take a while
 */
export function rolloutOf(object: Progressing, kind: string): Rollout {
  const { generation = 0 } = object.metadata;
  const isLookedAt = (object.status?.observedGeneration ?? 0) >= generation;
  if (kind !== 'CustomResourceDefinition' && !isLookedAt) {
    return { isDone: false, says: 'its controller has not looked at it yet' };
  }
  return rollouts[kind]?.(object) ?? { isDone: true, says: 'is there' };
}

/** @param what the Pods are one for each of. @param all Pods of old versions included */
function podsOf(what: string, wanted: number, updated: number, available: number, all: number): Rollout {
  const not = (says: string) => ({ isDone: false, says });
  if (updated < wanted) return not(`${updated} of ${wanted} ${what} have the new version`);
  if (all > updated) return not(`the old version still has ${all - updated} ${what}`);
  if (available < wanted) return not(`${available} of ${wanted} ${what} are available`);
  return { isDone: true, says: `is available: ${available} of ${wanted} ${what}` };
}

/** What passes by itself. */
const usualReasons = new Set(['ContainerCreating', 'PodInitializing']);

/** Why the Pods of a Deployment or a DaemonSet do not run, if one of them says; in one sentence. */
async function troubleOfPods(
  { metadata: { namespace } }: KubeObject,
  client: KubeClient,
): Promise<string | undefined> {
  if (namespace === undefined) return undefined;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const query = { labelSelector: `${nameLabel}=${installName}` };
  // Whoever may install need not have the right to see Pods.
  const pods = await undefinedIf(isForbidden, client.request<V1PodList>({ method: 'GET', path, query }));
  for (const { metadata, status } of pods?.items ?? []) {
    const unplaced = status?.conditions?.find((one) => one.type === 'PodScheduled' && one.status === 'False');
    const waiting = status?.containerStatuses
      ?.map(({ state }) => state?.waiting)
      .find((one) => one && !usualReasons.has(one.reason ?? ''));
    const why = waiting ?? unplaced;
    if (why) return `Pod ${metadata?.name}: ${[why.reason, why.message].filter(Boolean).join(': ')}`;
  }
  return undefined;
}
