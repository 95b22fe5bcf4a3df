import { spawn } from 'node:child_process';
import { startGuard } from '../cluster/guard.ts';
import { eventually } from './eventually.ts';

/** A server that runs as a program of its own beside the tests, and dies with them. */
export interface ServerProgram {
  /** What the person who reads a failure knows it as. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The tests' own by default. */
  readonly cwd?: string;
  /** Beside the tests' own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Asked again and again; an exception means not yet. */
  readonly isReady: () => Promise<boolean>;
}

/** Ends a server: it has nothing to save. */
export type StopServer = () => Promise<void>;

/**
 * Starts a server and waits until it is ready.
 * @throws with what it wrote on stderr, when it ends, or is not for two minutes
 */
export async function startServerProgram(program: ServerProgram): Promise<StopServer> {
  const { name, command, args, cwd, env = {}, isReady } = program;
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  const guard = startGuard();
  if (child.pid !== undefined) guard.add(child.pid);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const note = () => {
      hasEnded = true;
      resolve();
    };
    child.once('close', note);
    child.once('error', note);
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    await guard.release();
  };
  try {
    await eventually(`${name} to be ready`, () => hasEnded || isReady());
    if (hasEnded) throw new Error(`${name} ended with ${child.exitCode}`);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}; its output:\n${output}`, { cause: error });
  }
  return stop;
}
