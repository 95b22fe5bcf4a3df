import { luaPluginResource } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { isObjectNotFound } from '../../operator/kube/client/errors.ts';
import { withCluster } from '../cluster/connect.ts';
import {
  getPlugin,
  listPlugins,
  noSuchPlugin,
  pluginPath,
  pluginReference,
  pluginsPath,
} from '../cluster/plugins.ts';
import { printObject, readable } from '../cluster/print.ts';
import { undefinedIf } from '../cluster/requests.ts';
import { fetchTable } from '../cluster/table.ts';
import { structured } from '../output/format.ts';
import type { Io } from '../program/io.ts';
import type { ClusterOptions, ObjectFormat, OutputOptions } from '../program/options.ts';

type GetOptions = ClusterOptions & OutputOptions<ObjectFormat>;

/** Shows a LuaPlugin. @throws UsageError, CommandError also when there is none of this name */
export async function get(name: string, options: GetOptions, io: Io): Promise<void> {
  const { output } = options;
  const path = pluginPath(name);
  await withCluster(options, async ({ client }) => {
    if (output !== 'table' && output !== 'wide') {
      return await printObject(await getPlugin(client, name), output, io);
    }
    const table = await undefinedIf(isObjectNotFound, fetchTable(client, path, output === 'wide'));
    if (table === undefined) throw noSuchPlugin(name);
    io.stdout.write(table);
  });
}

/** Lists the LuaPlugins. None at all is no failure. @throws CommandError */
export async function list(options: GetOptions, io: Io): Promise<void> {
  const text = await withCluster(options, ({ client }) => listAs(options.output, client));
  if (text === undefined) io.stderr.write(`there is no ${luaPluginResource.kind}\n`);
  else io.stdout.write(text);
}

async function listAs(output: ObjectFormat, client: KubeClient): Promise<string | undefined> {
  if (output === 'table' || output === 'wide')
    return await fetchTable(client, pluginsPath, output === 'wide');
  const items = await listPlugins(client);
  if (output === 'name') return items.map(({ metadata }) => `${pluginReference(metadata.name)}\n`).join('');
  return await structured({ apiVersion: 'v1', kind: 'List', items: items.map(readable) }, output);
}
