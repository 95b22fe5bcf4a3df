import { isObjectNotFound } from '../../../operator/kube/client/errors.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions } from '../../cluster/options.ts';
import { noSuchPlugin, pluginPath, pluginReference } from '../../cluster/plugins.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';

export interface DeleteOptions extends ClusterOptions {
  readonly ignoreNotFound?: boolean;
  readonly output: 'table' | 'name';
}

/** Deletes a LuaPlugin. @throws UsageError, CommandError also when there is none of this name */
export async function deletePlugin(name: string, options: DeleteOptions, io: Io): Promise<ExitCode> {
  const path = pluginPath(name);
  const { ignoreNotFound = false, output } = options;
  await withCluster(options, async ({ client }) => {
    try {
      await client.request({ method: 'DELETE', path });
    } catch (error) {
      if (!isObjectNotFound(error)) throw error;
      if (ignoreNotFound) return;
      throw noSuchPlugin(name);
    }
    const reference = pluginReference(name);
    io.stdout.write(output === 'name' ? `${reference}\n` : `${reference} deleted\n`);
  });
  return exitCodes.done;
}
