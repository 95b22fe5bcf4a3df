import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { writeLauncher } from './restartable-server.ts';

export interface DaemonInput {
  /** Of a control plane, whose guard kills the process should this one die; its log goes there too. */
  readonly directory: string;
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; that of this process by default. */
  readonly cwd?: string;
  /** May throw while it is not. */
  readonly isReady: () => Promise<boolean>;
}

/** A process beside the control plane. */
export interface Daemon {
  /** Whether it has ended by itself. */
  hasEnded(): boolean;
  /** Ends it; returns when it has gone. May be called twice. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
/** As many lines of the log are shown of a process that ended by itself. */
const shownLines = 20;

/** Starts a process and returns once it is ready. @throws with the end of its log when it ends before */
export async function startDaemon(input: DaemonInput): Promise<Daemon> {
  const { directory, name, binary, args, env, cwd, isReady } = input;
  const logFile = join(directory, `${name}.log`);
  const log = openSync(logFile, 'w');
  const launcher = await writeLauncher(directory, name, binary);
  const child = spawn(launcher, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  const failure = new Promise<never>((_resolve, reject) => child.once('error', reject));
  failure.catch(() => {}); // an `ended` without a pid, below
  const stop = () => end(child);
  try {
    await Promise.race([
      failure,
      eventually(`${name} to be ready, or to end`, async () => hasEnded(child) || (await isReady()), {
        timeoutMs: readyTimeoutMs,
      }),
    ]);
    if (hasEnded(child)) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`);
    return { stop, hasEnded: () => hasEnded(child) };
  } catch (error) {
    await stop();
    const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-shownLines);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}; the end of its log:\n${lines.join('\n')}`, { cause: error });
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill();
  const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await ended.finally(() => clearTimeout(deadline));
}
