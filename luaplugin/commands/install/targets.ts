import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { Discovery } from '../../../operator/kube/client/discovery.ts';
import { isNotFound, isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import { listPages } from '../../../operator/kube/client/list.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { dryRunQuery } from '../../cluster/plugins.ts';
import { CommandError } from '../../program/definition.ts';
import { exitCodes } from '../../program/exit-codes.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
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
export function findConfigs(client: KubeClient, namespace: string): Promise<Target[]> {
  return findLabelled(client, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    group: '',
    resource: 'configmaps',
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    labelSelector: `${nameLabel}=${installName},app.kubernetes.io/component=config`,
  });
}

/** Objects of one kind whose names are not known. */
export interface Labelled extends Pick<Target, 'group' | 'resource'> {
  readonly apiVersion: string;
  readonly kind: string;
  /** Of the collection in a namespace. */
  readonly path: string;
  readonly labelSelector: string;
}

/** Looks at the cluster for the objects that carry labels. */
export async function findLabelled(
  client: KubeClient,
  { apiVersion, kind, group, resource, path, labelSelector }: Labelled,
): Promise<Target[]> {
  const pages = listPages<KubeObject>({
    client,
    path,
    query: { labelSelector },
    accept: undefined,
    pageSize: 500,
    signal: new AbortController().signal,
  });
  const targets: Target[] = [];
  for await (const { items } of pages) {
    for (const present of items) {
      const { name, namespace } = present.metadata;
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
      const manifest = { apiVersion, kind, metadata };
      targets.push({ manifest, path: `${path}/${name}`, group, resource, present });
    }
  }
  return targets;
}

/** Deletes an object, if it is still there. @param isRehearsal the API server only says whether it would */
export async function remove({ path }: Target, client: KubeClient, isRehearsal = false): Promise<void> {
  try {
    const query = { propagationPolicy: 'Background', ...dryRunQuery(isRehearsal) };
    await client.request({ method: 'DELETE', path, query });
  } catch (error) {
    if (!isObjectNotFound(error)) throw error;
  }
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
