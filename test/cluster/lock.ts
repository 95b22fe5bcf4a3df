import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Times in milliseconds. */
export interface LockOptions {
  /** How often a waiting process looks, and the holder says that it lives. */
  readonly intervalMs: number;
  /** A holder on another machine that has not said so for this long is dead. */
  readonly staleMs: number;
  /** Called once, when somebody else holds the lock; with their process id. */
  readonly onWait: (pid: number) => void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

/**
 * Runs the work while holding a lock file, which other processes wait for.
 *
 * The lock saves work and is no proof: two processes that find the same dead holder at the same moment may
 * both go on. So what is done under it must be safe when it is done twice (write aside, then rename).
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = await acquire(path, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {}); // taken over or removed: see above
  }, options.intervalMs);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<string> {
  const holder: Holder = { pid: process.pid, host: hostname(), token: randomUUID() };
  let seen: { token: string; beat: number; since: number } | undefined;
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
      return holder.token;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const other = await readHolder(path);
    const beat = await lastBeat(path);
    if (beat === undefined) continue; // released just now
    if (!seen && other) options.onWait(other.pid);
    // The beat is compared with itself only, so the machines' clocks need not agree.
    const token = other?.token ?? '';
    if (seen?.token !== token || seen.beat !== beat) seen = { token, beat, since: Date.now() };
    if ((other && isDeadHere(other)) || Date.now() - seen.since > options.staleMs) {
      await rm(path, { force: true });
      continue;
    }
    await delay(options.intervalMs);
  }
}

/** Undefined when there is no lock, or its holder has not finished writing it. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function lastBeat(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

function isDeadHere({ pid, host }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isCode(error, 'ESRCH'); // EPERM: it lives, as another user
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
