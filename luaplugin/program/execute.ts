import { CommanderError } from 'commander';
import { printable } from '../output/printable.ts';
import { CommandError, UsageError } from './definition.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { formatFinding, InputError } from './finding.ts';
import type { Io } from './io.ts';
import { buildProgram, usageLine } from './program.ts';

/**
 * Runs one command line.
 * @param words the arguments after the program's name
 * @param name how the user calls the program
 */
export async function execute(words: readonly string[], io: Io, name = 'luaplugin'): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = buildProgram(
    io,
    (result) => {
      code = result;
    },
    name,
  );
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (error instanceof InputError) {
      for (const finding of error.findings) io.stderr.write(`${printable(formatFinding(finding))}\n`);
      return exitCodes.usage;
    }
    if (error instanceof UsageError) {
      io.stderr.write(usageLine(error.message, `${name} ${words[0]}`));
      return exitCodes.usage;
    }
    const message = error instanceof Error ? error.message : String(error);
    io.stderr.write(`${name}: ${printable(message.replaceAll(/\s*\n\s*/g, ' '))}\n`);
    return error instanceof CommandError ? error.exitCode : exitCodes.failed;
  }
}
