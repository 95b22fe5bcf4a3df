import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ensureBinaries } from '../../cluster/binaries.ts';
import type { Source } from '../../cluster/source.ts';
import { type BinaryName, binaryNames } from '../../cluster/versions.ts';
import { recordingProgress, useTemporaryDirectory } from './fakes.ts';

describe('the binaries of the control plane', () => {
  const directory = useTemporaryDirectory();

  it('come from KUBEBUILDER_ASSETS when that directory has them all', async () => {
    await putBinaries(directory.path, binaryNames);

    const { paths } = await ensure({ env: { KUBEBUILDER_ASSETS: directory.path }, sources: [unwanted] });

    expect(paths.etcd).to.equal(join(directory.path, 'etcd'));
  });

  it('come from elsewhere, with a word about it, when KUBEBUILDER_ASSETS lacks one', async () => {
    const assets = join(directory.path, 'assets');
    await putBinaries(
      assets,
      binaryNames.filter((name) => name !== 'kube-apiserver'),
    );
    const progress = recordingProgress();

    const { dir } = await ensure({ env: { KUBEBUILDER_ASSETS: assets }, sources: [provider()], progress });

    expect(dir).not.to.equal(assets);
    expect(progress.lines).to.deep.equal([
      `KUBEBUILDER_ASSETS is not used: ${assets} has no kube-apiserver.`,
    ]);
  });

  it('do not count as there when they cannot be executed', async () => {
    await putBinaries(directory.path, ['etcd', 'kubectl']);
    await writeFile(join(directory.path, 'kube-apiserver'), 'half', { mode: 0o600 });

    const { dir } = await ensure({ env: { KUBEBUILDER_ASSETS: directory.path }, sources: [provider()] });

    expect(dir).not.to.equal(directory.path);
  });

  it('come from the cache the second time', async () => {
    const first = await ensure({ sources: [provider()] });

    const second = await ensure({ sources: [unwanted] });

    expect(second).to.deep.equal(first);
    expect(await readdir(first.dir)).to.have.members([...binaryNames]);
  });

  it('are fetched only as far as they are missing', async () => {
    await ensure({ names: ['etcd'], sources: [provider()] });
    const asked: BinaryName[] = [];

    await ensure({ sources: [provider({ asked })] });

    expect(asked).to.deep.equal(binaryNames.filter((name) => name !== 'etcd'));
  });

  it('come from the next source when one has no way to them, with its reason', async () => {
    const progress = recordingProgress();

    await ensure({ sources: [failing('download', 'the network is closed'), provider()], progress });

    expect(progress.lines).to.deep.equal(['No download: the network is closed']);
  });

  it('are an error with the last reason when no source has them', async () => {
    const sources = [failing('download', 'closed'), failing('build', 'there is no Go')];

    expect(await rejection(ensure({ sources }))).to.equal('there is no Go');
  });

  it('are got anew after a failure', async () => {
    await rejection(ensure({ sources: [failing('build', 'disk full')] }));

    const { dir } = await ensure({ sources: [provider()] });

    expect(await readdir(dir)).to.have.members([...binaryNames]);
  });

  it('are got once when two ask at the same time', async () => {
    const asked: BinaryName[] = [];
    const sources = [provider({ asked })];

    await Promise.all([ensure({ sources }), ensure({ sources })]);

    expect(asked).to.have.length(binaryNames.length);
  });

  it('leave nothing behind of a process that was killed in the middle', async () => {
    const { dir } = await ensure({ names: ['etcd'], sources: [provider()] });
    await writeFile(join(dir, '.kubectl.half'), 'half');

    await ensure({ sources: [provider()] });

    expect(await readdir(dir)).to.have.members([...binaryNames]);
  });

  interface EnsureInput {
    readonly sources: readonly Source[];
    readonly names?: readonly BinaryName[];
    readonly env?: NodeJS.ProcessEnv;
    readonly progress?: ReturnType<typeof recordingProgress>;
  }

  function ensure({ sources, names = binaryNames, env = {}, progress = recordingProgress() }: EnsureInput) {
    const cache = join(directory.path, 'cache');
    return ensureBinaries(names, progress, { env: { XDG_CACHE_HOME: cache, ...env }, sources });
  }
});

const unwanted = failing('unwanted', 'this source should not have been asked');

function failing(name: string, message: string): Source {
  return { name, provide: () => Promise.reject(new Error(message)) };
}

function provider({ asked = [] }: { asked?: BinaryName[] } = {}): Source {
  return {
    name: 'provider',
    provide: async ({ missing, dir }) => {
      asked.push(...missing);
      await putBinaries(dir, missing);
    },
  };
}

async function putBinaries(dir: string, names: readonly BinaryName[]): Promise<void> {
  for (const name of names) {
    const path = join(dir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '#!/bin/sh\n', { mode: 0o755 });
  }
}

function rejection(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );
}
