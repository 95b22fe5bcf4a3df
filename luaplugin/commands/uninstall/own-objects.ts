import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { leaseName } from '../../../operator/kube/election/leadership.ts';
import { leasesPath } from '../../../operator/kube/election/lease.ts';
import { reportSelector } from '../../../operator/plugins/reports/report-lease.ts';
import { findLabelled, findTargets, type Target } from '../install/targets.ts';

/** What the operator makes in its namespace while it works, but for plugins' revisions, which go with the plugins. */
const named = [
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'lua-plugin-operator-status' },
  { apiVersion: 'v1', kind: 'Secret', name: 'lua-plugin-operator-webhook' },
  { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name: leaseName },
] as const;

/** What the operator has made in a namespace that stays. */
export async function findOwnObjects(client: KubeClient, namespace: string): Promise<Target[]> {
  const manifests = named.map(({ name, ...type }) => ({ ...type, metadata: { namespace, name } }));
  const targets = await findTargets(manifests, client, () => {});
  const reports = await findLabelled(client, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    group: 'coordination.k8s.io',
    resource: 'leases',
    path: leasesPath(namespace),
    labelSelector: reportSelector,
  });
  return [...targets, ...reports].filter(({ present }) => present !== undefined);
}
