import type { KubeClient } from '../../kube/client.ts';
import { leasesPath } from '../../kube/lease.ts';
import { listPages } from '../../kube/list.ts';
import type { KubeObject } from '../../kube/types.ts';
import { leaseName } from '../../leadership.ts';
import { reportSelector } from '../../plugins/reports/report-lease.ts';
import { findTargets, type Target } from '../install/targets.ts';

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
  const path = leasesPath(namespace);
  const reports = listPages<KubeObject>({
    client,
    path,
    query: { labelSelector: reportSelector },
    accept: undefined,
    pageSize: 500,
    signal: new AbortController().signal,
  });
  for await (const { items } of reports) {
    for (const present of items) {
      const { name } = present.metadata;
      const manifest = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } };
      const group = 'coordination.k8s.io';
      targets.push({ manifest, path: `${path}/${name}`, group, resource: 'leases', present });
    }
  }
  return targets.filter(({ present }) => present !== undefined);
}
