import { Command, Option } from 'commander';
import { nameArgument, withClusterOptions } from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin delete` takes. */
export function deleteCommand(io: Io, finish: Finish): Command {
  const command = new Command('delete')
    .description('Delete a LuaPlugin; its Pods go to the next plugin, or to their owners.')
    .addArgument(nameArgument())
    .option('--ignore-not-found', 'one that is not there is no failure')
    .addOption(
      new Option('-o, --output <format>', 'how to write it').choices(['table', 'name']).default('table'),
    );
  return withClusterOptions(command)
    .addHelpText('after', helpEnd(['luaplugin delete ledger', 'luaplugin delete ledger --ignore-not-found']))
    .action(async (name: string, options) =>
      finish(await (await import('./delete.ts')).deletePlugin(name, options, io)),
    );
}
