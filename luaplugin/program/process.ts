/** Runs the command line of this process, to its end. */
import { basename } from 'node:path';
import { exitCodes } from './errors.ts';
import { execute } from './program.ts';

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
    onInterrupt: (listener) => {
      process.once('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
  },
  isKubectlPlugin ? 'kubectl luaplugin' : 'luaplugin',
);

/** Puts a question on stderr and reads a line; Ctrl-C and the end of the input are no answer. */
async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      lines.once('close', () => {
        process.stderr.write('\n');
        resolve('');
      });
      lines.question(question, resolve);
    });
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}
