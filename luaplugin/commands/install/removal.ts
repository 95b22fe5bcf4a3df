import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isNotFound, isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { leaseName } from '../../../operator/kube/election/leadership.ts';
import { leasesPath } from '../../../operator/kube/election/lease.ts';
import { reportSelector } from '../../../operator/plugins/node-reports/report-lease.ts';
import { statusConfigMap } from '../../../operator/workloads/permission-report.ts';
import { type Manifest, referenceTo, type Target } from '../../cluster/manifest.ts';
import { dryRunQuery, undefinedIf } from '../../cluster/requests.ts';
import { Waiting, type WaitingOptions } from '../../cluster/waiting.ts';
import { allManifests } from './manifests.ts';
import { findConfigs, findLabelled, findTargets, isOurs } from './targets.ts';

/**
 * What installs of any variant and config have made and is on the cluster, in the order in which it goes.
 * @param isMeant which of it is looked for
 */
export async function findInstalled(
  client: KubeClient,
  namespace: string,
  isMeant: (manifest: Manifest) => boolean = () => true,
): Promise<Target[]> {
  const found = [
    ...(await findTargets(allManifests(namespace).filter(isMeant), client)),
    ...(await findConfigs(client, namespace)),
  ].filter((target) => isOurs(target) && isMeant(target.manifest));
  const byPath = new Map(found.map((target) => [target.path, target]));
  // As it was made, backwards: who asks the operator first, then the operator, its rights, at last what they are in.
  return [...byPath.values()].reverse().sort((a, b) => lateness(a) - lateness(b));
}

function lateness({ manifest }: Target): number {
  return ['CustomResourceDefinition', 'Namespace'].indexOf(manifest.kind);
}

const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const;

/** What the operator makes in its namespace while it works, but for plugins' revisions, which go with the plugins. */
const named = [
  { apiVersion: 'v1', kind: 'ConfigMap', name: statusConfigMap },
  { apiVersion: 'v1', kind: 'Secret', name: 'lua-plugin-operator-webhook' },
  { ...lease, name: leaseName },
] as const;

/** What the operator has made in a namespace that stays. */
export async function findOwnObjects(client: KubeClient, namespace: string): Promise<Target[]> {
  const manifests = named.map(({ name, ...type }) => ({ ...type, metadata: { namespace, name } }));
  const targets = await findTargets(manifests, client);
  const reports = await findLabelled(client, lease, leasesPath(namespace), reportSelector);
  return [...targets, ...reports].filter(({ present }) => present !== undefined);
}

/** Deletes an object, if it is still there. @param isDryRun the API server only says whether it would */
export async function remove({ path }: Target, client: KubeClient, isDryRun = false): Promise<void> {
  const query = { propagationPolicy: 'Background', ...dryRunQuery(isDryRun) };
  await undefinedIf(isObjectNotFound, client.request({ method: 'DELETE', path, query }));
}

export interface GoneWait extends WaitingOptions {
  readonly client: KubeClient;
  readonly targets: readonly Target[];
}

const intervalMs = 500;

/**
 * Waits until objects that were deleted are gone; one that was made anew under the name does not count.
 * @returns undefined once all are; else the first that is left when the time is over
 */
export async function waitUntilGone(wait: GoneWait): Promise<string | undefined> {
  const { client, targets } = wait;
  const waiting = new Waiting(wait, intervalMs);
  for (const target of targets) {
    const reference = referenceTo(target.manifest);
    while (await isThere(target, client)) {
      if (!(await waiting.pause(`${reference} to be gone`))) return reference;
    }
  }
  return undefined;
}

async function isThere({ path, present }: Target, client: KubeClient): Promise<boolean> {
  const found = await undefinedIf(isNotFound, client.request<KubeObject>({ method: 'GET', path }));
  return found !== undefined && found.metadata.uid === present?.metadata.uid;
}
