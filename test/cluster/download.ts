import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './run.ts';
import type { SourceRequest } from './source.ts';
import type { BinaryName } from './versions.ts';

/** What the archives have. */
const archived: readonly BinaryName[] = ['etcd', 'kube-apiserver', 'kubectl'];
/** The archives have some 150 MB; a connection slower than that is better spent on building. */
const timeoutMs = 10 * 60_000;

/**
 * Downloads the envtest archive of the pinned minor version, checked by its SHA-512 (the project publishes
 * no archive for every patch version), and puts those of the missing programs in place that are in it.
 *
 * It runs in a process of its own: the library reads KUBEBUILDER_ASSETS and its like from the environment,
 * and can't be told to give up.
 * Throws with the reason; at once, or within seconds, where the network is closed.
 */
export async function download({ missing, dir, versions, progress, env }: SourceRequest): Promise<void> {
  const wanted = missing.filter((name) => archived.includes(name));
  if (wanted.length === 0) return;
  const staging = await mkdtemp(join(dir, '.download-'));
  try {
    const child = fileURLToPath(new URL('./download-child.ts', import.meta.url));
    const minor = versions.kubernetes.split('.').slice(0, 2).join('.');
    let lastLine = 'no answer';
    const { code, stdout } = await runCommand(process.execPath, [child, minor, staging], {
      env: downloadEnvironment(env),
      onErrorLine: (line) => {
        lastLine = line;
        if (line.startsWith('downloading')) progress.line(line);
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (code !== 0) throw new Error(lastLine);
    const downloaded = stdout.trim();
    for (const name of wanted) {
      // Copied beside its place first: the staging directory goes, and a rename is all or nothing.
      const unfinished = join(staging, name);
      await copyFile(join(downloaded, name), unfinished);
      await rename(unfinished, join(dir, name));
    }
    progress.line(`Downloaded ${wanted.join(', ')}; kept in ${dir}`);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Without the variables that make the library skip the download; with Node's own support for proxies. */
function downloadEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => name !== 'KUBEBUILDER_ASSETS' && !name.startsWith('TEST_ASSET_'),
  );
  return { ...Object.fromEntries(kept), NODE_USE_ENV_PROXY: '1' };
}
