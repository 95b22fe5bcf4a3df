import { isObjectNotFound } from '../../operator/kube/client/errors.ts';
import { withCluster } from '../cluster/connect.ts';
import { noSuchPlugin, pluginPath, pluginReference } from '../cluster/plugins.ts';
import { undefinedIf } from '../cluster/requests.ts';
import type { Io } from '../program/io.ts';
import type { ClusterOptions, OutputOptions } from '../program/options.ts';

export interface DeleteOptions extends ClusterOptions, OutputOptions<'table' | 'name'> {
  readonly ignoreNotFound?: boolean;
}

/** Deletes a LuaPlugin. @throws UsageError, CommandError also when there is none of this name */
export async function deletePlugin(name: string, options: DeleteOptions, io: Io): Promise<void> {
  const path = pluginPath(name);
  const { ignoreNotFound = false, output } = options;
  const answer = await withCluster(options, ({ client }) =>
    undefinedIf(isObjectNotFound, client.request<object>({ method: 'DELETE', path })),
  );
  if (answer !== undefined)
    io.stdout.write(`${pluginReference(name)}${output === 'name' ? '' : ' deleted'}\n`);
  else if (!ignoreNotFound) throw noSuchPlugin(name);
}
