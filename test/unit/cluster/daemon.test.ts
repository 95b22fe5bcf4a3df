import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startDaemon } from '../../cluster/daemon.ts';
import { useTemporaryDirectory } from './fakes.ts';

describe('a process beside the control plane', () => {
  const directory = useTemporaryDirectory();

  it('is there once it says that it is ready, and gone once it is stopped', async () => {
    const ready = join(directory.path, 'ready');
    const daemon = await start(
      `trap 'rm "${ready}"; exit' TERM; touch "${ready}"; while :; do sleep 0.05; done`,
      () => exists(ready),
    );

    expect(await exists(ready)).to.equal(true);
    await daemon.stop();
    expect(await exists(ready)).to.equal(false);
    await daemon.stop();
  });

  it('is an error with the end of its log when it ends before it is ready', async () => {
    const failure = await start('echo "unknown flag" >&2; exit 3', () => Promise.resolve(false)).then(
      () => 'it started',
      (error: Error) => error.message,
    );

    expect(failure).to.equal('program ended with 3; the end of its log:\nunknown flag');
  });

  async function start(code: string, isReady: () => Promise<boolean>) {
    const binary = join(directory.path, 'binary');
    await writeFile(binary, `#!/bin/sh\n${code}\n`, { mode: 0o700 });
    return startDaemon({ directory: directory.path, name: 'program', binary, args: [], isReady });
  }
});

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
