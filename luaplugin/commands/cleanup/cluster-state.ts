import { type KubeClient, metadataListAccept } from '../../../operator/kube/client/client.ts';
import { isGone } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { leaseName } from '../../../operator/kube/election/leadership.ts';
import { type LeaseSpec, leasesPath } from '../../../operator/kube/election/lease.ts';
import {
  type AnnotationKeys,
  noAnnotations,
  sameCarried,
} from '../../../operator/pods/annotations/annotations.ts';
import type { WriteTarget } from '../../../operator/pods/write/writer.ts';
import { listObjects, undefinedIf } from '../../cluster/requests.ts';

/** A Pod to be cleaned; another one of that name is left alone. */
export type PodIdentity = Required<Pick<WriteTarget, 'namespace' | 'name' | 'uid' | 'carried'>>;

/** Lists the Pods of the cluster that have an annotation of the operator, or what it mirrored. @throws the signal's reason on abort */
export async function findAnnotatedPods(
  client: KubeClient,
  keys: AnnotationKeys,
  signal: AbortSignal,
): Promise<PodIdentity[]> {
  const list = async () => {
    const found: PodIdentity[] = [];
    const options = { accept: metadataListAccept, pageSize: 1_000, signal };
    for await (const { metadata } of listObjects(client, '/api/v1/pods', options)) {
      const { namespace = '', name, uid } = metadata;
      const carried = keys.read(metadata);
      if (!sameCarried(carried, noAnnotations)) found.push({ namespace, name, uid, carried });
    }
    return found;
  };
  // When the list is so long that its beginning is history: once more, from there.
  return (await undefinedIf(isGone, list())) ?? (await list());
}

/** coordination.k8s.io/v1 Lease, as far as it tells whether somebody lives. */
export interface HeldLease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/**
 * Looks for an operator that still runs: by a Lease, that of the leader or that of an instance on a node, which is
 * held and fresh, else by its Pods, for one that needs no Lease.
 * @param namespace the operator's own
 * @param now milliseconds since the epoch
 * @returns what was found, in words
 */
export async function findRunningOperator(
  client: KubeClient,
  namespace: string,
  now: number,
): Promise<string | undefined> {
  for await (const lease of listObjects<HeldLease>(client, leasesPath(namespace))) {
    const { name } = lease.metadata;
    const isOperators = name === leaseName || name.startsWith(`${leaseName}-`);
    if (isOperators && isHeld(lease, now)) {
      return `${lease.spec?.holderIdentity} holds the Lease ${namespace}/${name}`;
    }
  }
  const pods = listObjects(client, `/api/v1/namespaces/${namespace}/pods`, {
    query: {
      labelSelector: 'app.kubernetes.io/name=lua-plugin-operator',
      fieldSelector: 'status.phase=Running',
    },
    accept: metadataListAccept,
  });
  for await (const { metadata } of pods) return `Pod ${namespace}/${metadata.name} is running`;
  return undefined;
}

/** Whether a Lease has a holder who renewed it in time. The clocks of holder and reader are taken to agree. */
export function isHeld({ spec }: HeldLease, now: number): boolean {
  const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = spec ?? {};
  if (!holderIdentity || renewTime === undefined) return false;
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 > now;
}
