import { constants } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { download } from './download.ts';
import { build } from './go-build.ts';
import { withLock } from './lock.ts';
import type { Progress } from './progress.ts';
import type { Source, SourceRequest } from './source.ts';
import { type BinaryName, cacheKey, pinnedVersions } from './versions.ts';

/** Where the binaries are. */
export interface Binaries {
  readonly dir: string;
  readonly paths: Readonly<Record<BinaryName, string>>;
}

/** What unit tests replace. */
export interface EnsureOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly sources?: readonly Source[];
}

const lockName = '.lock';
const realSources: readonly Source[] = [
  { name: 'download', provide: download },
  { name: 'build', provide: build },
];

/**
 * Finds the binaries, or gets them: from KUBEBUILDER_ASSETS when that directory has them all, from the
 * user's cache, else by the sources in turn (download, then build) into that cache.
 * Throws the last source's error when none could.
 */
export async function ensureBinaries(
  names: readonly BinaryName[],
  progress: Progress,
  { env = process.env, sources = realSources }: EnsureOptions = {},
): Promise<Binaries> {
  const assets = env.KUBEBUILDER_ASSETS;
  if (assets) {
    const lacking = await missingFrom(assets, names);
    if (lacking.length === 0) return binariesIn(assets);
    progress.line(`KUBEBUILDER_ASSETS is not used: ${assets} has no ${lacking.join(', ')}.`);
  }
  const versions = await pinnedVersions();
  const dir = join(cacheRoot(env), cacheKey(versions, process.platform, process.arch));
  if ((await missingFrom(dir, names)).length === 0) return binariesIn(dir);

  await mkdir(dir, { recursive: true });
  const lockOptions = {
    intervalMs: 1_000,
    staleMs: 30_000,
    onWait: (pid: number) =>
      progress.line(`Waiting for process ${pid}, which is getting the control plane's binaries.`),
  };
  await withLock(join(dir, lockName), lockOptions, async () => {
    await removeUnfinished(dir);
    await provideMissing(names, { dir, versions, progress, env }, sources);
  });
  return binariesIn(dir);
}

async function provideMissing(
  names: readonly BinaryName[],
  request: Omit<SourceRequest, 'missing'>,
  sources: readonly Source[],
): Promise<void> {
  for (const [index, source] of sources.entries()) {
    const missing = await missingFrom(request.dir, names);
    if (missing.length === 0) return;
    try {
      await source.provide({ ...request, missing });
    } catch (error) {
      if (index === sources.length - 1) throw error;
      request.progress.line(`No ${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const missing = await missingFrom(request.dir, names);
  if (missing.length > 0) throw new Error(`${missing.join(', ')} did not appear in ${request.dir}.`);
}

/** What a process left that was killed in the middle; the names of unfinished files begin with a dot. */
async function removeUnfinished(dir: string): Promise<void> {
  const leftovers = (await readdir(dir)).filter((name) => name.startsWith('.') && name !== lockName);
  await Promise.all(leftovers.map((name) => rm(join(dir, name), { recursive: true, force: true })));
}

function cacheRoot(env: NodeJS.ProcessEnv): string {
  return join(
    env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'),
    'lua-plugin-operator',
    'control-plane',
  );
}

async function missingFrom(dir: string, names: readonly BinaryName[]): Promise<BinaryName[]> {
  const found = await Promise.all(
    names.map((name) =>
      access(join(dir, name), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_name, index) => !found[index]);
}

function binariesIn(dir: string): Binaries {
  return {
    dir,
    paths: {
      etcd: join(dir, 'etcd'),
      'kube-apiserver': join(dir, 'kube-apiserver'),
      kubectl: join(dir, 'kubectl'),
      'kube-controller-manager': join(dir, 'kube-controller-manager'),
      kwok: join(dir, 'kwok'),
    },
  };
}
