import { Command } from 'commander';
import {
  nameArgument,
  objectFormatOption,
  operatorNamespaceOption,
  withClusterOptions,
} from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin history` takes. */
export function historyCommand(io: Io, finish: Finish): Command {
  const command = new Command('history')
    .description('List the revisions of a LuaPlugin that a rollback can go to, and what each changed.')
    .addArgument(nameArgument())
    .addOption(objectFormatOption())
    .addOption(operatorNamespaceOption());
  return withClusterOptions(command)
    .addHelpText('after', helpEnd(['luaplugin history ledger', 'luaplugin history ledger -o yaml']))
    .action(async (name: string, options) =>
      finish(await (await import('./history.ts')).history(name, options, io)),
    );
}
