import { isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions, ObjectFormat } from '../../cluster/options.ts';
import { getPlugin, noSuchPlugin, pluginPath } from '../../cluster/plugins.ts';
import { printObject } from '../../cluster/print.ts';
import { fetchTable } from '../../cluster/table.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';

export interface GetOptions extends ClusterOptions {
  readonly output: ObjectFormat;
}

/** Shows a LuaPlugin. @throws UsageError, CommandError also when there is none of this name */
export async function get(name: string, options: GetOptions, io: Io): Promise<ExitCode> {
  const { output } = options;
  const path = pluginPath(name);
  await withCluster(options, async ({ client }) => {
    if (output === 'table' || output === 'wide') {
      const table = await fetchTable(client, path, output === 'wide').catch((error: unknown) => {
        throw isObjectNotFound(error) ? noSuchPlugin(name) : error;
      });
      io.stdout.write(table ?? '');
      return;
    }
    await printObject(name, await getPlugin(client, name), output, io);
  });
  return exitCodes.done;
}
