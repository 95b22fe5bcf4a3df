import { Command } from 'commander';
import { objectFormatOption, withClusterOptions } from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin list` takes. */
export function listCommand(io: Io, finish: Finish): Command {
  const command = new Command('list')
    .description('List the LuaPlugins of the cluster.')
    .addOption(objectFormatOption());
  return withClusterOptions(command)
    .addHelpText('after', helpEnd(['luaplugin list', 'luaplugin list -o wide', 'luaplugin list -o json']))
    .action(async (options) => finish(await (await import('./list.ts')).list(options, io)));
}
