import type { V1ClusterRoleBinding } from '@kubernetes/client-node';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { Discovery, type ServedResource } from '../../../operator/kube/client/discovery.ts';
import { isNotFound } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { helmRelease, type Manifest, referenceTo, type Target } from '../../cluster/manifest.ts';
import { listObjects, undefinedIf } from '../../cluster/requests.ts';
import { CommandError } from '../../program/errors.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
import { installName, nameLabel } from './manifests.ts';

/** One with what a rule of RBAC calls it. */
export type NamedTarget = Target & Pick<ServedResource, 'group' | 'resource'>;

/** Reads on their way at a time. */
const concurrency = 8;

/**
 * Looks at the cluster for each of these objects.
 * @param unserved told of an object of a kind that the cluster does not know; it is left out
 */
export async function findTargets(
  manifests: readonly Manifest[],
  client: KubeClient,
  unserved: (manifest: Manifest) => void = () => {},
): Promise<NamedTarget[]> {
  const discovery = new Discovery({ client });
  const found = new Map<Manifest, NamedTarget>();
  await forEachAtOnce(manifests, concurrency, async (manifest) => {
    const { apiVersion, kind, metadata } = manifest;
    const served = await discovery.resourceFor(apiVersion, kind);
    if (served === undefined) return unserved(manifest);
    const path = served.path(metadata.namespace, metadata.name);
    const { group, resource } = served;
    const present = await undefinedIf(isNotFound, client.request<KubeObject>({ method: 'GET', path }));
    found.set(manifest, { manifest, path, group, resource, present });
  });
  return manifests.flatMap((manifest) => found.get(manifest) ?? []);
}

/** The ConfigMaps of installs, whose names end with a hash, so that each config has its own. */
export function findConfigs(client: KubeClient, namespace: string): Promise<Target[]> {
  const labelSelector = `${nameLabel}=${installName},app.kubernetes.io/component=config`;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  return findLabelled(client, { apiVersion: 'v1', kind: 'ConfigMap' }, path, labelSelector);
}

/** Looks at the cluster for the objects of a kind that carry labels. @param path of the collection in a namespace */
export async function findLabelled(
  client: KubeClient,
  type: Pick<Manifest, 'apiVersion' | 'kind'>,
  path: string,
  labelSelector: string,
): Promise<Target[]> {
  const targets: Target[] = [];
  for await (const present of listObjects(client, path, { query: { labelSelector } })) {
    const { name, namespace = '' } = present.metadata;
    targets.push({ manifest: { ...type, metadata: { name, namespace } }, path: `${path}/${name}`, present });
  }
  return targets;
}

/** Whether what is there was made by an install, and not by somebody else who likes the name. */
export function isOurs({ present }: Target): boolean {
  return present?.metadata.labels?.[nameLabel] === installName;
}

/** A namespace that was there before: neither changed nor deleted. */
export function isForeignNamespace(target: Target): boolean {
  return target.manifest.kind === 'Namespace' && target.present !== undefined && !isOurs(target);
}

/**
 * Refuses to work on an install that is somebody else's: of Helm, or in another namespace.
 * @param advice completes the sentence for an install in another namespace
 * @throws CommandError
 */
export function refuseOthers(
  targets: readonly Target[],
  namespace: string,
  advice: (elsewhere: string) => string,
): void {
  for (const { manifest, present } of targets) {
    const release = helmRelease(present);
    // Helm leaves a resource definition behind when a release goes.
    if (release !== undefined && manifest.kind !== 'CustomResourceDefinition') {
      const where = present?.metadata.annotations?.['meta.helm.sh/release-namespace'] ?? 'default';
      throw new CommandError(
        `${referenceTo(manifest)} belongs to the Helm release ${release} in the namespace ${where}; use helm upgrade, or helm uninstall first`,
      );
    }
    if (manifest.kind !== 'ClusterRoleBinding') continue;
    const namespaces =
      (present as V1ClusterRoleBinding | undefined)?.subjects?.map((subject) => subject.namespace) ?? [];
    const elsewhere = namespaces.find((one) => one !== undefined && one !== namespace);
    if (elsewhere === undefined) continue;
    throw new CommandError(
      `the operator is installed in the namespace ${elsewhere}, and a cluster has one; ${advice(elsewhere)}`,
    );
  }
}

/** @throws CommandError when an uninstall is still under way */
export function refuseEnding(targets: readonly Target[]): void {
  const ending = targets.find(({ present }) => present?.metadata.deletionTimestamp !== undefined);
  if (ending === undefined) return;
  const reference = referenceTo(ending.manifest);
  throw new CommandError(
    `${reference} is being deleted, and nothing was changed; try again when it is gone (kubectl wait --for=delete ${reference})`,
  );
}
