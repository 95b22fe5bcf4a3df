import { Argument, Command, Option } from 'commander';
import { formats } from '../../output/format.ts';
import { type Finish, helpEnd } from '../../program/definition.ts';
import type { Io } from '../../program/io.ts';

/** What `luaplugin test` takes. */
export function testCommand(io: Io, finish: Finish): Command {
  return new Command('test')
    .description(
      "Run the tests that plugins carry in spec.tests, with the plugins' own parameters and limits.",
    )
    .addArgument(new Argument('<path...>', 'files or directories with LuaPlugins, or - for standard input'))
    .addOption(
      new Option('-o, --output <format>', 'how to write the results')
        .choices([...formats, 'junit'])
        .default('table'),
    )
    .addHelpText(
      'after',
      helpEnd(
        [
          'luaplugin test examples',
          'luaplugin test -o junit plugins > junit.xml',
          'kustomize build . | luaplugin test -',
        ],
        'Exit code 1: a test failed or a script does not load; 2: no test was found, or a file is no good.',
      ),
    )
    .action(async (paths: string[], options) =>
      finish(await (await import('./test.ts')).test(paths, options, io)),
    );
}
