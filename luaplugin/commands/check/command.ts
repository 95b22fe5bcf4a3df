import { Argument, Command, Option } from 'commander';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin check` takes. */
export function checkCommand(io: Io, finish: Finish): Command {
  return new Command('check')
    .description('Check plugins: fields, parameters, whether the script compiles and its top level runs.')
    .addArgument(new Argument('<plugin...>', 'files or directories with LuaPlugins, .lua files, or -'))
    .addOption(
      new Option('-o, --output <format>', 'how to write the results').choices(formats).default('table'),
    )
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin check examples',
          'luaplugin check my-plugin.lua',
          'kustomize build . | luaplugin check -',
        ],
        'What is wrong is written as file:line: message. Exit code 1: something is wrong with a plugin.',
      ),
    )
    .action(async (paths: string[], options) =>
      finish(await (await import('./check.ts')).check(paths, options, io)),
    );
}
