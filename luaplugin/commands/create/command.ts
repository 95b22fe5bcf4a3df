import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import {
  changeFormatOption,
  dryRunOption,
  withClusterOptions,
  withWaitOptions,
} from '../../cluster/options.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin create` takes. */
export function createCommand(io: Io, finish: Finish): Command {
  const command = new Command('create')
    .description('Make a LuaPlugin of a Lua file, on the cluster.')
    .addArgument(new Argument('[name]', "the new LuaPlugin's name"))
    .option('--script <file>', 'the Lua source, or - for standard input')
    .addOption(new Option('--type <language>', "the script's language: lua").default('lua'))
    .addOption(new Option('--priority <number>', 'higher is asked first').argParser(integer))
    .addOption(new Option('--mode <mode>', 'whether it writes to Pods').choices(['Enforce', 'DryRun']))
    .option('--parameters <file>', 'values for the script, in YAML or JSON')
    .option('--tests <file>', 'cases that it has to pass before it may serve, in YAML or JSON')
    .option(
      '--replace',
      'where there is a plugin of this name: put all of this in, and keep the rest of its spec',
    )
    .addOption(dryRunOption())
    .addOption(changeFormatOption())
    .option('--image <file>', "the same as --script, in deepflow-ctl's words")
    .option('--name <name>', "the plugin's name, in deepflow-ctl's words");
  return withClusterOptions(withWaitOptions(command))
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin create ledger --script ledger.lua --wait',
          'luaplugin create ledger --script ledger.lua --tests tests.yaml --replace',
          'luaplugin create ledger --script ledger.lua --dry-run=client -o yaml > ledger.yaml',
          'luaplugin create --type lua --image ledger.lua --name ledger',
        ],
        'Exit code 1: the plugin is there already, the cluster refuses it, or, with --wait, it is not Ready.',
      ),
    )
    .action(async (name: string | undefined, options) =>
      finish(await (await import('./create.ts')).create(name, options, io)),
    );
}

function integer(text: string): number {
  if (/^[-+]?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Write a whole number.');
}
