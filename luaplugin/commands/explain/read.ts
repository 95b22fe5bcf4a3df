import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { type KubeClient, metadataAccept } from '../../../operator/kube/client/client.ts';
import { isForbidden, isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { listRevisions, type RevisionsFrom, servingRevision } from '../../cluster/revisions.ts';
import { CommandError } from '../../program/definition.ts';
import { exitCodes } from '../../program/exit-codes.ts';
import { servesSpec } from './candidate.ts';
import type { PodReference } from './pod-argument.ts';

/** A Pod, as far as it is looked at. */
export interface PodObject extends KubeObject {
  readonly status?: { readonly phase?: string };
}

/** @throws CommandError when there is no such Pod */
export async function readPod(client: KubeClient, { namespace, name }: PodReference): Promise<PodObject> {
  try {
    return await client.request<PodObject>({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}/pods/${name}`,
    });
  } catch (error) {
    if (!isObjectNotFound(error)) throw error;
    const message = `there is no Pod "${name}" in the namespace ${namespace}; write it as NAMESPACE/NAME`;
    throw new CommandError(exitCodes.failed, message, { cause: error });
  }
}

/** The labels of a Namespace; undefined when it is gone or must not be read. */
export async function readNamespaceLabels(
  client: KubeClient,
  namespace: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const object = await unlessHidden(
    client.request<KubeObject>({
      method: 'GET',
      path: `/api/v1/namespaces/${namespace}`,
      accept: metadataAccept,
    }),
  );
  return object && (object.metadata.labels ?? {});
}

/** The revisions that serve, by plugin, of those plugins whose spec is not what serves. */
export async function readServing(
  plugins: readonly LuaPlugin[],
  from: RevisionsFrom,
): Promise<ReadonlyMap<string, StoredRevision>> {
  const serving = new Map<string, StoredRevision>();
  for (const plugin of plugins) {
    if (plugin.status?.activeRevision === undefined || servesSpec(plugin)) continue;
    const revision = servingRevision(plugin, (await unlessHidden(listRevisions(plugin, from))) ?? []);
    if (revision !== undefined) serving.set(plugin.metadata.name, revision);
  }
  return serving;
}

/** What is read; undefined when it is gone, or you may not read it. */
export async function unlessHidden<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isForbidden(error) || isObjectNotFound(error)) return undefined;
    throw error;
  }
}
