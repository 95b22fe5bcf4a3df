import { Command } from 'commander';
import { version } from '../../operator/process/version.ts';
import { benchCommand } from '../commands/bench/command.ts';
import { checkCommand } from '../commands/check/command.ts';
import { cleanupCommand } from '../commands/cleanup/command.ts';
import { completionCommand } from '../commands/completion/command.ts';
import { createCommand } from '../commands/create/command.ts';
import { deleteCommand } from '../commands/delete/command.ts';
import { diffCommand } from '../commands/diff/command.ts';
import { explainCommand } from '../commands/explain/command.ts';
import { getCommand } from '../commands/get/command.ts';
import { historyCommand } from '../commands/history/command.ts';
import { installCommand } from '../commands/install/command.ts';
import { listCommand } from '../commands/list/command.ts';
import { rollbackCommand } from '../commands/rollback/command.ts';
import { runCommand } from '../commands/run/command.ts';
import { testCommand } from '../commands/test/command.ts';
import { uninstallCommand } from '../commands/uninstall/command.ts';
import { printable } from '../output/printable.ts';
import type { Finish } from './definition.ts';
import type { Io } from './io.ts';

const commands = [
  runCommand,
  checkCommand,
  testCommand,
  benchCommand,
  createCommand,
  listCommand,
  getCommand,
  deleteCommand,
  historyCommand,
  diffCommand,
  rollbackCommand,
  explainCommand,
  installCommand,
  uninstallCommand,
  cleanupCommand,
  completionCommand,
];

/**
 * The whole command line. What a command does is loaded when it is asked for, so that help is there at once.
 * @param name how the user calls it
 */
export function buildProgram(io: Io, finish: Finish, name = 'luaplugin'): Command {
  const program = new Command(name)
    .description(
      'Try, check, test and measure LuaPlugins on this machine, in the sandbox of the operator; manage those of a cluster; install the operator there.',
    )
    .version(version, '-V, --version')
    .addHelpText(
      'after',
      "\nExit codes: 0 done; 1 it failed: a plugin or a test, the cluster can't be reached or refuses, or a\nright is missing; 2 bad usage or input.",
    );
  for (const command of commands) program.addCommand(command(io, finish));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .allowExcessArguments(false)
      .configureHelp({ showGlobalOptions: false })
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        outputError: (text, write) =>
          write(usageLine(text, `${name}${command === program ? '' : ` ${command.name()}`}`)),
        getOutHelpWidth: () => io.stdout.columns ?? 100,
        getErrHelpWidth: () => io.stderr.columns ?? 100,
      });
  }
  return program;
}

/** What is wrong with a command line, in one line. */
export function usageLine(text: string, command: string): string {
  const problem = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `${command}: ${printable(problem)}; see ${command} --help\n`;
}
