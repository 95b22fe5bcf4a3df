import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type LockOptions, withLock } from '../../cluster/lock.ts';
import { useTemporaryDirectory } from './fakes.ts';

describe('the lock on the cache', () => {
  const directory = useTemporaryDirectory();

  it('lets one do its work after the other', async () => {
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await readFile(lockPath());
      running--;
    };

    await Promise.all(Array.from({ length: 5 }, () => lock(work)));

    expect(most).to.equal(1);
  });

  it('returns what the work returns, and is gone then', async () => {
    expect(await lock(async () => 'done')).to.equal('done');
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('is gone after work that failed', async () => {
    const failing = () => Promise.reject(new Error('no space'));

    expect(await lock(failing).catch((error: Error) => error.message)).to.equal('no space');
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  it('is waited for while its holder lives, and says once who that is', async () => {
    await holdAs(process.pid, hostname());
    const waitedFor: number[] = [];
    const onWait = (pid: number) => {
      waitedFor.push(pid);
      void rm(lockPath());
    };

    await lock(async () => undefined, { onWait });

    expect(waitedFor).to.deep.equal([process.pid]);
  });

  it('is taken over at once from a process that has died', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await holdAs(pid, hostname());

    expect(await lock(async () => 'done')).to.equal('done');
  });

  it('is taken over from another machine that shows no sign of life', async () => {
    await holdAs(1, 'another-machine');

    expect(await lock(async () => 'done', { staleMs: 30 })).to.equal('done');
  });

  it('is taken over when its file is empty, as after a full disk', async () => {
    await writeFile(lockPath(), '');

    expect(await lock(async () => 'done', { staleMs: 30 })).to.equal('done');
  });

  it('is kept by work that takes longer than it may be silent', async () => {
    // A busy machine may keep the holder from a beat or two.
    const staleMs = 1_000;
    const order: string[] = [];
    const started = Promise.withResolvers<void>();
    const slowWork = async () => {
      started.resolve();
      await signsOfLife(staleMs * 1.2);
      order.push('slow');
    };

    const slow = lock(slowWork, { staleMs });
    await started.promise;
    await lock(async () => order.push('quick'), { staleMs });
    await slow;

    expect(order).to.deep.equal(['slow', 'quick']);
  });

  function lock<T>(work: () => Promise<T>, options: Partial<LockOptions> = {}): Promise<T> {
    return withLock(lockPath(), { intervalMs: 10, staleMs: 60_000, onWait: () => {}, ...options }, work);
  }

  function lockPath(): string {
    return join(directory.path, '.lock');
  }

  function holdAs(pid: number, host: string): Promise<void> {
    return writeFile(lockPath(), JSON.stringify({ pid, host, token: 'somebody' }));
  }

  /** Returns when the holder has said for so many milliseconds that it lives. */
  async function signsOfLife(ms: number): Promise<void> {
    const { mtimeMs: first } = await stat(lockPath());
    while ((await stat(lockPath())).mtimeMs - first < ms);
  }
});
