import { Command, Option } from 'commander';
import {
  nameArgument,
  operatorNamespaceOption,
  revisionOption,
  withClusterOptions,
} from '../../cluster/options.ts';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin diff` takes. */
export function diffCommand(io: Io, finish: Finish): Command {
  const command = new Command('diff')
    .description('Show what changed from one revision of a LuaPlugin to another, or to its spec.')
    .addArgument(nameArgument())
    .addOption(revisionOption('--from', 'the revision before; by default the latest that is different'))
    .addOption(revisionOption('--to', 'the revision after; by default the spec as it is now'))
    .addOption(new Option('-o, --output <format>', 'how to write it').choices(formats).default('table'))
    .addOption(operatorNamespaceOption());
  return withClusterOptions(command)
    .addHelpText(
      'after',
      helpEnd(
        ['luaplugin diff ledger', 'luaplugin diff ledger --from 1 --to 3', 'luaplugin diff ledger | less'],
        'Exit code 0, whether or not there is a difference; 1: a revision is not kept.',
      ),
    )
    .action(async (name: string, options) =>
      finish(await (await import('./diff.ts')).diff(name, options, io)),
    );
}
