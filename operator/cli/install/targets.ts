import type { KubeClient } from '../../kube/client.ts';
import { Discovery } from '../../kube/discovery.ts';
import { isNotFound } from '../../kube/errors.ts';
import { listPages } from '../../kube/list.ts';
import type { KubeObject } from '../../kube/types.ts';
import { CommandError } from '../definition.ts';
import { exitCodes } from '../exit-codes.ts';
import { forEachAtOnce } from '../parallel.ts';
import { installName, type Manifest, nameLabel, referenceTo } from './manifest.ts';

/** An object of an install, where it is on the cluster, and what is there. */
export interface Target {
  readonly manifest: Manifest;
  readonly path: string;
  /** For a rule of RBAC. */
  readonly group: string;
  readonly resource: string;
  /** Undefined: there is none. */
  readonly present: KubeObject | undefined;
}

/** Reads on their way at a time. */
const concurrency = 8;

/**
 * Looks at the cluster for each of these objects.
 * @param unserved told of an object of a kind that the cluster does not know; it is left out
 */
export async function findTargets(
  manifests: readonly Manifest[],
  client: KubeClient,
  unserved: (manifest: Manifest) => void,
): Promise<Target[]> {
  const discovery = new Discovery({ client });
  const found = new Map<Manifest, Target>();
  await forEachAtOnce(manifests, concurrency, async (manifest) => {
    const { apiVersion, kind, metadata } = manifest;
    const served = await discovery.resourceFor(apiVersion, kind);
    if (served === undefined) return unserved(manifest);
    const path = served.path(metadata.namespace, metadata.name);
    const { group, resource } = served;
    found.set(manifest, { manifest, path, group, resource, present: await read(client, path) });
  });
  return manifests.flatMap((manifest) => found.get(manifest) ?? []);
}

async function read(client: KubeClient, path: string): Promise<KubeObject | undefined> {
  try {
    return await client.request<KubeObject>({ method: 'GET', path });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The ConfigMaps of installs, whose names end with a hash, so that each config has its own. */
export async function findConfigs(client: KubeClient, namespace: string): Promise<Target[]> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const pages = listPages<KubeObject>({
    client,
    path,
    query: { labelSelector: `${nameLabel}=${installName},app.kubernetes.io/component=config` },
    accept: undefined,
    pageSize: 100,
    signal: new AbortController().signal,
  });
  const configs: Target[] = [];
  for await (const { items } of pages) {
    for (const present of items) {
      const { name } = present.metadata;
      const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
      configs.push({ manifest, path: `${path}/${name}`, group: '', resource: 'configmaps', present });
    }
  }
  return configs;
}

/** Whether what is there was made by an install, and not by somebody else who likes the name. */
export function isOurs({ present }: Target): boolean {
  return present?.metadata.labels?.[nameLabel] === installName;
}

/** The Helm release that an object belongs to. */
export function helmRelease(object: KubeObject | undefined): string | undefined {
  return object?.metadata.annotations?.['meta.helm.sh/release-name'];
}

/** A namespace that was there before: neither changed nor deleted. */
export function isForeignNamespace(target: Target): boolean {
  return target.manifest.kind === 'Namespace' && target.present !== undefined && !isOurs(target);
}

/** rbac.authorization.k8s.io/v1 ClusterRoleBinding, as far as it tells where the operator is. */
interface Binding extends KubeObject {
  readonly subjects?: readonly { readonly namespace?: string }[];
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
        exitCodes.failed,
        `${referenceTo(manifest)} belongs to the Helm release ${release} in the namespace ${where}; use helm upgrade, or helm uninstall first`,
      );
    }
    if (manifest.kind !== 'ClusterRoleBinding') continue;
    const elsewhere = (present as Binding | undefined)?.subjects?.find(
      (subject) => subject.namespace !== undefined && subject.namespace !== namespace,
    )?.namespace;
    if (elsewhere === undefined) continue;
    throw new CommandError(
      exitCodes.failed,
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
    exitCodes.failed,
    `${reference} is being deleted, and nothing was changed; try again when it is gone (kubectl wait --for=delete ${reference})`,
  );
}
