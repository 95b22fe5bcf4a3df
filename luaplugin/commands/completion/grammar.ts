import type { Command } from 'commander';

/** What can stand where on the command line. */
export interface Grammar {
  readonly commands: readonly CommandGrammar[];
  /** Options before a command. */
  readonly options: readonly OptionGrammar[];
}

export interface CommandGrammar {
  readonly name: string;
  readonly description: string;
  /** Of a command that has commands of its own: all of theirs. */
  readonly options: readonly OptionGrammar[];
  /** What the arguments are: of a command that has commands of its own, their names. */
  readonly values: Values;
}

export interface OptionGrammar {
  /** `-o` and `--output`, as far as there are both. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What the value is; `none`: the option takes none. */
  readonly values: Values;
}

/** Files, a choice of words, something that can't be completed, or nothing at all. */
export type Values = 'files' | 'text' | 'none' | readonly string[];

/** The names under which the program is installed. */
export const programNames = ['luaplugin', 'kubectl-luaplugin'] as const;

/** Reads a program's definition. */
export function grammarOf(program: Command): Grammar {
  const visible = program.createHelp();
  const commands = visible.visibleCommands(program);
  const names = commands.map((command) => command.name());
  return {
    options: visible.visibleOptions(program).map(optionGrammar),
    commands: commands.map((command) => {
      const [argument] = command.registeredArguments;
      const parts = command.commands.map((part) => part.name());
      const options = [command, ...command.commands].flatMap((one) => visible.visibleOptions(one));
      return {
        name: command.name(),
        description: command.description(),
        options: [...new Map(options.map((option) => [option.flags, optionGrammar(option)])).values()],
        values: command.name() === 'help' ? names : parts.length > 0 ? parts : valuesOf(argument),
      };
    }),
  };
}

function valuesOf(argument: Command['registeredArguments'][number] | undefined): Values {
  if (argument === undefined) return 'none';
  return argument.argChoices ?? (argument.name() === 'name' ? 'text' : 'files');
}

type Option = Command['options'][number];

function optionGrammar({ short, long, description, argChoices, flags, required }: Option): OptionGrammar {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    values: argChoices ?? (required ? (flags.endsWith('<file>') ? 'files' : 'text') : 'none'),
  };
}
