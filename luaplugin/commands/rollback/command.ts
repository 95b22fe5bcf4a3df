import { Command } from 'commander';
import {
  changeFormatOption,
  dryRunOption,
  nameArgument,
  operatorNamespaceOption,
  revisionOption,
  withClusterOptions,
  withWaitOptions,
} from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin rollback` takes. */
export function rollbackCommand(io: Io, finish: Finish): Command {
  const command = new Command('rollback')
    .description('Put an earlier revision of a LuaPlugin back into its spec, as a new generation.')
    .addArgument(nameArgument())
    .addOption(
      revisionOption('--to', 'the revision to go back to; by default the one before the latest change'),
    )
    .addOption(dryRunOption())
    .addOption(changeFormatOption())
    .addOption(operatorNamespaceOption());
  return withClusterOptions(withWaitOptions(command))
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin rollback ledger --wait',
          'luaplugin rollback ledger --to 2 --dry-run=server -o yaml',
          'luaplugin diff ledger --from 2   # what it would take back',
        ],
        'Script, parameters and their schema, limits, match, tests and requires go back; priority, mode and suspend stay.',
        'Exit code 1: the revision is not kept, or, with --wait, the plugin is not Ready.',
      ),
    )
    .action(async (name: string, options) =>
      finish(await (await import('./rollback.ts')).rollback(name, options, io)),
    );
}
