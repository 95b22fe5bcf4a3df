import { type LuaPlugin, luaPluginResource } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { isConflict, isObjectNotFound } from '../../operator/kube/client/errors.ts';
import { CommandError, UsageError } from '../program/errors.ts';
import { subdomainPattern } from '../program/options.ts';
import { dryRunQuery, listObjects, undefinedIf } from './requests.ts';

const { group, version, plural, kind } = luaPluginResource;

/** The collection of all LuaPlugins. */
export const pluginsPath = `/apis/${group}/${version}/${plural}`;

/** As kubectl names an object: `luaplugin.luaplugin.dev/opengauss`. */
export function pluginReference(name: string): string {
  return `${kind.toLowerCase()}.${group}/${name}`;
}

/** The path of one LuaPlugin. @throws UsageError when this can't be the name of any */
export function pluginPath(name: string): string {
  if (subdomainPattern.test(name)) return `${pluginsPath}/${name}`;
  throw new UsageError(
    `${JSON.stringify(name)} can't be the name of a ${kind}: use lower case letters, digits, - and ., at most 253 in all`,
  );
}

/** @throws CommandError when there is none of this name */
export async function getPlugin(client: KubeClient, name: string): Promise<LuaPlugin> {
  const plugin = await findPlugin(client, name);
  if (plugin === undefined) throw noSuchPlugin(name);
  return plugin;
}

/** @returns undefined when there is none of this name */
export async function findPlugin(client: KubeClient, name: string): Promise<LuaPlugin | undefined> {
  const path = pluginPath(name);
  return await undefinedIf(isObjectNotFound, client.request<LuaPlugin>({ method: 'GET', path }));
}

/** All LuaPlugins of the cluster, by name. */
export async function listPlugins(client: KubeClient): Promise<LuaPlugin[]> {
  const plugins: LuaPlugin[] = [];
  // Each may have 1.5 MB, and a page has to fit into one text.
  for await (const plugin of listObjects<LuaPlugin>(client, pluginsPath, { pageSize: 50 }))
    plugins.push(plugin);
  return plugins;
}

/** The same, by their names. */
export async function pluginsByName(client: KubeClient): Promise<ReadonlyMap<string, LuaPlugin>> {
  return new Map((await listPlugins(client)).map((plugin) => [plugin.metadata.name, plugin]));
}

/** The operator may write the status at the same moment; it does so a few times in a row at the most. */
const maxTries = 5;

/**
 * Gives a plugin another spec, if its spec is still the one that was read.
 * @param read as it was read; what is no spec may be another by now, and stays
 * @param isDryRun the API server checks and answers, and changes nothing
 * @throws CommandError when somebody changed the spec or deleted the plugin meanwhile
 */
export async function replaceSpec(
  client: KubeClient,
  read: LuaPlugin,
  spec: LuaPlugin['spec'],
  isDryRun: boolean,
): Promise<LuaPlugin> {
  const { name, uid, generation } = read.metadata;
  let latest = read;
  for (let tried = 1; ; tried += 1) {
    try {
      return await client.request<LuaPlugin>({
        method: 'PUT',
        path: pluginPath(name),
        query: dryRunQuery(isDryRun),
        body: { ...latest, spec },
      });
    } catch (error) {
      if (isObjectNotFound(error)) throw noSuchPlugin(name);
      if (!isConflict(error)) throw error;
      latest = await getPlugin(client, name);
      const isSame = latest.metadata.uid === uid && latest.metadata.generation === generation;
      if (isSame && tried < maxTries) continue;
      throw new CommandError(
        `somebody else changed ${kind} "${name}" at the same time, and nothing was done; look at it (luaplugin diff ${name}), then try again`,
        { cause: error },
      );
    }
  }
}

/** The error for a name that no LuaPlugin has. */
export function noSuchPlugin(name: string): CommandError {
  return new CommandError(`there is no ${kind} "${name}"; "luaplugin list" shows those that are there`);
}
