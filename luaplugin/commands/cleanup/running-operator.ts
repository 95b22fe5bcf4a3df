import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { metadataListAccept } from '../../../operator/kube/client/client.ts';
import { listPages } from '../../../operator/kube/client/list.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { leaseName } from '../../../operator/kube/election/leadership.ts';
import { type LeaseSpec, leasesPath } from '../../../operator/kube/election/lease.ts';

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
  const signal = new AbortController().signal;
  const common = { client, pageSize: 500, signal };
  const leases = listPages<HeldLease>({
    ...common,
    path: leasesPath(namespace),
    query: {},
    accept: undefined,
  });
  for await (const { items } of leases) {
    const held = items.find((lease) => isOperators(lease) && isHeld(lease, now));
    if (held !== undefined) {
      return `${held.spec?.holderIdentity} holds the Lease ${namespace}/${held.metadata.name}`;
    }
  }
  const pods = listPages<KubeObject>({
    ...common,
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: {
      labelSelector: 'app.kubernetes.io/name=lua-plugin-operator',
      fieldSelector: 'status.phase=Running',
    },
    accept: metadataListAccept,
  });
  for await (const { items } of pods) {
    const [pod] = items;
    if (pod !== undefined) return `Pod ${namespace}/${pod.metadata.name} is running`;
  }
  return undefined;
}

function isOperators({ metadata }: HeldLease): boolean {
  return metadata.name === leaseName || metadata.name.startsWith(`${leaseName}-`);
}

/** Whether a Lease has a holder who renewed it in time. The clocks of holder and reader are taken to agree. */
export function isHeld({ spec }: HeldLease, now: number): boolean {
  const { holderIdentity, renewTime, leaseDurationSeconds = 0 } = spec ?? {};
  if (!holderIdentity || renewTime === undefined) return false;
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 > now;
}
