import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from '../../observability/logging.ts';
import type { HostInput } from '../wire/input.ts';
import type { HostOutput } from '../wire/output.ts';
import { readablePaths, sandboxFolder } from './readable.ts';

export interface HostEvents {
  message(output: HostOutput): void;
  /** It is gone, whatever the cause; called once. */
  exited(cause: string): void;
}

// The host's file has the same ending as this one: .ts in development, .js once built.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** Characters of one line of the host's that reach the log. */
const lineCharacters = 500;

/**
 * The sandbox's child process. Node's permission model leaves it no files but its own code and no children; nothing of
 * the operator's environment is in its own. What it writes goes to the log as data, so it cannot forge a line of the
 * operator's.
 */
export class HostProcess {
  readonly #child: ChildProcess;

  constructor(logger: Logger, events: HostEvents) {
    const child = fork(`${sandboxFolder}/host/main${ending}`, {
      execArgv: [
        '--permission',
        '--allow-worker',
        ...readablePaths().map((path) => `--allow-fs-read=${path}`),
        // Young JavaScript objects would else take up to 16 MiB in each thread, for garbage of batches long answered.
        '--max-semi-space-size=1',
        // Node's start-up snapshot spares 0.1 s, once, and keeps 10 MiB in a process with Workers.
        '--no-node-snapshot',
        // That Workers may weaken the permission model is known: they run Lua only, in WebAssembly.
        '--disable-warning=PERM0006',
      ],
      // Nothing of ours. One arena of malloc's for all threads takes 5 MB less than one for each.
      env: { MALLOC_ARENA_MAX: '1' },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.on('message', (output: HostOutput) => events.message(output));
    let isGone = false;
    const end = (cause: string) => {
      if (isGone) return;
      isGone = true;
      events.exited(cause);
    };
    child.on('error', (error) => end(error.message));
    child.on('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
    for (const stream of [child.stdout, child.stderr]) if (stream) logLines(stream, logger);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** A message to a process that is going away is lost; what it asked for is asked again. */
  send(input: HostInput): void {
    if (this.#child.connected) this.#child.send(input, () => {});
  }

  /** Ends it at once; it has nothing to save. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

function logLines(stream: Readable, logger: Logger): void {
  createInterface({ input: stream }).on('line', (line) => {
    logger.warn({ line: line.slice(0, lineCharacters) }, 'the sandbox host wrote');
  });
}
