import { Command } from 'commander';
import { nameArgument, objectFormatOption, withClusterOptions } from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin get` takes. */
export function getCommand(io: Io, finish: Finish): Command {
  const command = new Command('get')
    .description('Show a LuaPlugin of the cluster.')
    .addArgument(nameArgument())
    .addOption(objectFormatOption());
  return withClusterOptions(command)
    .addHelpText('after', helpEnd(['luaplugin get ledger', 'luaplugin get ledger -o yaml']))
    .action(async (name: string, options) => finish(await (await import('./get.ts')).get(name, options, io)));
}
