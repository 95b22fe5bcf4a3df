import { Argument, Command } from 'commander';
import { type Finish, helpEnd } from '../../program/definition.ts';
import { exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { type Shell, shells } from './shells.ts';

/** What `luaplugin completion` takes. */
export function completionCommand(io: Io, finish: Finish): Command {
  return new Command('completion')
    .description("Print a script that makes a shell complete this program's commands and options.")
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      helpEnd([
        "echo 'source <(luaplugin completion bash)' >> ~/.bashrc",
        `luaplugin completion zsh > "\${fpath[1]}/_luaplugin"`,
        'luaplugin completion fish > ~/.config/fish/completions/luaplugin.fish',
      ]),
    )
    .action(async (shell: Shell, _options, command: Command) => {
      const { completionScript } = await import('./script.ts');
      io.stdout.write(completionScript(shell, command.parent ?? command));
      finish(exitCodes.done);
    });
}
