import { CommanderError } from 'commander';
import { version } from '../../operator/process/version.ts';
import { writeLine } from '../output/printable.ts';
import { type Finish, ProgramCommand } from './command.ts';
import { addClusterCommands } from './commands-on-cluster.ts';
import { addFileCommands } from './commands-on-files.ts';
import { addLibraryCommands } from './commands-on-library.ts';
import { addOperatorCommands } from './commands-on-operator.ts';
import {
  CommandError,
  type ExitCode,
  exitCodes,
  formatDiagnostic,
  InputError,
  onOneLine,
  UsageError,
} from './errors.ts';
import type { Io } from './io.ts';

/**
 * Runs one command line.
 * @param words the arguments after the program's name
 * @param name how the user calls the program
 */
export async function execute(words: readonly string[], io: Io, name = 'luaplugin'): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = buildProgram(io, (result) => (code = result), name);
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof InputError) {
      for (const diagnostic of error.diagnostics) writeLine(io.stderr, formatDiagnostic(diagnostic));
      return error.exitCode;
    }
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done;
    if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
    const message = onOneLine(error instanceof Error ? error.message.trim() : String(error));
    if (error instanceof UsageError || error instanceof CommanderError) {
      const command = program.commands.find((one) => one.name() === words[0]);
      const part = command?.commands.find((one) => one.name() === words[1]);
      const usage = [name, command?.name(), part?.name()].filter(Boolean).join(' ');
      const problem = message.replace(/^error: /, '').replace(/\.$/, '');
      writeLine(io.stderr, `${usage}: ${problem}; see ${usage} --help`);
      return exitCodes.usage;
    }
    writeLine(io.stderr, `${name}: ${message}`);
    return error instanceof CommandError ? error.exitCode : exitCodes.failed;
  }
}

/**
 * The whole command line.
 * @param finish takes the exit code of the command that was run
 * @param name how the user calls it
 */
export function buildProgram(io: Io, finish: Finish, name = 'luaplugin'): ProgramCommand {
  const program = new ProgramCommand(io, finish, name)
    .description(
      'Try, check, test and measure LuaPlugins on this machine, in the sandbox of the operator; manage those of a cluster; install the operator there.',
    )
    .version(version, '-V, --version')
    .addHelpText(
      'after',
      "\nExit codes: 0 done; 1 it failed: a plugin or a test, the cluster can't be reached or refuses, or a\nright is missing; 2 bad usage or input.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Whoever runs the program says it.
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    });
  addFileCommands(program);
  addClusterCommands(program);
  addLibraryCommands(program);
  addOperatorCommands(program);
  return program;
}
