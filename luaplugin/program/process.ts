/** Runs the command line of this process, to its end. */
import { basename } from 'node:path';
import { execute } from './execute.ts';
import { exitCodes } from './exit-codes.ts';
import { askAtTerminal, onInterrupt } from './terminal.ts';

// A reader that has seen enough, as head, closes the pipe: nobody is left to tell anything.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
  });
}

// kubectl finds its plugins by their names.
const isKubectlPlugin = basename(process.argv[1] ?? '').startsWith('kubectl-');
process.exitCode = await execute(
  process.argv.slice(2),
  {
    stdin: () => process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onInterrupt,
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: askAtTerminal } : {}),
  },
  isKubectlPlugin ? 'kubectl luaplugin' : 'luaplugin',
);
