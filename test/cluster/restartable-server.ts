import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';

const readyTimeoutMs = 120_000;
const stopTimeoutMs = 10_000;

/**
 * Writes a script that notes its process id and arguments, then becomes the binary: the library that starts the
 * servers keeps both to itself.
 * @returns the script's path
 */
export async function writeLauncher(directory: string, name: string, binary: string): Promise<string> {
  const path = launcherOf(directory, name);
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const file = (suffix: string) => quote(join(directory, `${name}.${suffix}`));
  const lines = [
    '#!/bin/sh',
    `echo $$ >> ${quote(join(directory, 'pids'))}`,
    `echo $$ > ${file('pid')}`,
    `printf '%s\\n' "$@" > ${file('args')}`,
    `exec ${quote(binary)} "$@"`,
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o700 });
  return path;
}

/** A server that runs from such a script, to be killed and started again on the same port and data. */
export class RestartableServer {
  readonly #directory: string;
  readonly #name: string;
  readonly #isReady: () => Promise<boolean>;
  #child: ChildProcess | undefined;

  /** @param isReady may throw while it is not */
  constructor(directory: string, name: string, isReady: () => Promise<boolean>) {
    this.#directory = directory;
    this.#name = name;
    this.#isReady = isReady;
  }

  /** Kills it without a warning (SIGKILL); resolves when it has gone. */
  async kill(): Promise<void> {
    const pid = Number(await this.#note('pid'));
    process.kill(pid, 'SIGKILL');
    await eventually(`${this.#name} to be gone`, () => !isAlive(pid));
  }

  /** Starts it after kill(), with the arguments that it had; resolves when it is ready. */
  async start(): Promise<void> {
    const args = (await this.#note('args')).split('\n').slice(0, -1);
    this.#child = spawn(launcherOf(this.#directory, this.#name), args, { stdio: 'ignore' });
    await eventually(`${this.#name} to be ready`, () => this.#isReady(), { timeoutMs: readyTimeoutMs });
  }

  /** Ends it if start() has started it. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill();
    const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended.finally(() => clearTimeout(deadline));
  }

  #note(suffix: string): Promise<string> {
    return readFile(join(this.#directory, `${this.#name}.${suffix}`), 'utf8');
  }
}

function launcherOf(directory: string, name: string): string {
  return join(directory, `start-${name}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
