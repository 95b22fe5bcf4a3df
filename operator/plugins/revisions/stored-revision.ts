import type { ActiveRevision, LuaPlugin } from '../../api/generated.ts';
import { readRevision, revisionName, revisionSelector, revisionsPath } from '../../api/revisions.ts';
import { validateLuaPlugin } from '../../api/validate.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import { isForbidden, isNotFound } from '../../kube/client/errors.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import { revisionHash } from '../state/revision.ts';

export interface StoredRevisionOptions {
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
}

/**
 * The plugin as it was when a revision of it began to serve, by the ControllerRevision that RevisionHistory stored.
 * Priority and mode are no part of a revision: they are the plugin's own.
 * @param recorded the revision that served last, as the status says it
 * @returns undefined when it is not there, can't be read, or is not what the status says
 * @throws for faults that may pass
 */
export async function findStored(
  plugin: LuaPlugin,
  recorded: ActiveRevision,
  { client, namespace }: StoredRevisionOptions,
): Promise<LuaPlugin | undefined> {
  const { name, uid = '' } = plugin.metadata;
  const objectName = revisionName({ name, uid }, recorded.number);
  const [object] = await list(client, namespace, {
    labelSelector: revisionSelector(uid),
    // The right to list is all that the operator has.
    fieldSelector: `metadata.name=${objectName}`,
  });
  const read = object && readRevision(object);
  if (!read?.ok || read.revision.plugin.uid !== uid) return undefined;
  const { scriptFrom: _configMap, ...spec } = read.revision.spec;
  const { priority, mode } = plugin.spec;
  const own = {
    ...(Number.isInteger(priority) ? { priority } : {}),
    ...(mode === 'DryRun' ? { mode } : {}),
  };
  const checked = validateLuaPlugin({ ...plugin, spec: { ...spec, ...own } });
  if (!checked.ok || revisionHash(checked.plugin.spec) !== recorded.hash) return undefined;
  return checked.plugin;
}

async function list(
  client: KubeClient,
  namespace: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly KubeObject[]> {
  try {
    const path = revisionsPath(namespace);
    const { items } = await client.request<{ items: KubeObject[] }>({ method: 'GET', path, query });
    return items;
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return [];
    throw error;
  }
}
