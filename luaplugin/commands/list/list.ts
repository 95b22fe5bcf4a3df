import { luaPluginResource } from '../../../operator/api/generated.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions, ObjectFormat } from '../../cluster/options.ts';
import { listPlugins, pluginReference, pluginsPath } from '../../cluster/plugins.ts';
import { readable } from '../../cluster/print.ts';
import { fetchTable } from '../../cluster/table.ts';
import { structured } from '../../output/format.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';

export interface ListOptions extends ClusterOptions {
  readonly output: ObjectFormat;
}

/** Lists the LuaPlugins. None at all is no failure. @throws CommandError */
export async function list(options: ListOptions, io: Io): Promise<ExitCode> {
  const { output } = options;
  const text = await withCluster(options, async ({ client }) => {
    if (output === 'table' || output === 'wide') {
      return await fetchTable(client, pluginsPath, output === 'wide');
    }
    const items = await listPlugins(client);
    if (output !== 'name') {
      return await structured({ apiVersion: 'v1', kind: 'List', items: items.map(readable) }, output);
    }
    return items.map(({ metadata }) => `${pluginReference(metadata.name)}\n`).join('');
  });
  if (text === undefined) io.stderr.write(`there is no ${luaPluginResource.kind}\n`);
  else io.stdout.write(text);
  return exitCodes.done;
}
