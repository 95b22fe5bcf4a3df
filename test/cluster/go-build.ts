import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildPackage, goEnvironment } from './go-package.ts';
import { formatDuration, type Progress } from './progress.ts';
import { runCommand } from './run.ts';
import type { SourceRequest } from './source.ts';
import { type BinaryName, buildDirectory, type PinnedVersions } from './versions.ts';

/** What a program is built from, and how long that took on two cores with nothing cached. */
interface Recipe {
  readonly package: string;
  readonly seconds: number;
}

const recipes: Readonly<Record<BinaryName, Recipe>> = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', seconds: 75 },
  kubectl: { package: 'k8s.io/kubernetes/cmd/kubectl', seconds: 65 },
  'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', seconds: 290 },
  'kube-controller-manager': { package: 'k8s.io/kubernetes/cmd/kube-controller-manager', seconds: 60 },
  kwok: { package: 'sigs.k8s.io/kwok/cmd/kwok', seconds: 30 },
};

/**
 * Builds the missing programs from their Go modules, one after the other.
 * Throws when Go is missing or too old, saying what to install, or when a build fails, with its last lines.
 */
export async function build(request: SourceRequest): Promise<void> {
  const { missing, dir, versions, progress } = request;
  // Go leaves its temporary files behind when it is interrupted; here the next build removes them.
  const temporary = join(dir, '.tmp');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  const env = { ...goEnvironment(request.env), GOTMPDIR: temporary };
  await requireGo(versions.go, env);
  const cores = availableParallelism();
  const seconds = missing.reduce((sum, name) => sum + recipes[name].seconds, 0) * (2 / Math.max(cores, 2));
  const minutes = Math.max(1, Math.round(seconds / 60));
  progress.line(
    `Building ${missing.join(', ')} from Go modules, once: about ${minutes} min on ${cores} idle cores, then cached.`,
  );
  const startedAt = Date.now();
  try {
    for (const [index, name] of missing.entries()) {
      const label = `[${index + 1}/${missing.length}] ${name}`;
      await buildOne(name, dir, versions, env, label, progress);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  progress.line(`Built in ${formatDuration(Date.now() - startedAt)}; kept in ${dir}`);
}

async function buildOne(
  name: BinaryName,
  dir: string,
  versions: PinnedVersions,
  env: NodeJS.ProcessEnv,
  label: string,
  progress: Progress,
): Promise<void> {
  await buildPackage({
    directory: buildDirectory,
    package: recipes[name].package,
    name,
    linkerFlags: linkerFlags(versions),
    target: join(dir, name),
    env,
    label,
    progress,
  });
}

/** Without these the programs take themselves for version 0.0.0, and kube-apiserver does not start. */
function linkerFlags({ kubernetes }: PinnedVersions): string {
  const [major = '', minor = ''] = kubernetes.slice(1).split('.');
  const variables = { gitVersion: kubernetes, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const settings = Object.entries(variables).map(
    ([variable, value]) => `-X k8s.io/component-base/version.${variable}=${value}`,
  );
  return settings.join(' ');
}

/** Throws an error that says what to install, when the Go on the PATH can't build go.mod. */
async function requireGo(needed: string, env: NodeJS.ProcessEnv): Promise<void> {
  const install = `Install Go ${needed} or newer (https://go.dev/dl/), or set KUBEBUILDER_ASSETS to a directory with etcd, kube-apiserver and kubectl.`;
  const errors: string[] = [];
  const version = await runCommand('go', ['env', 'GOVERSION'], {
    cwd: buildDirectory,
    env,
    onErrorLine: (line) => errors.push(line),
  }).catch((error: unknown) => {
    throw new Error(`The control plane must be built, and there is no Go to build it with. ${install}`, {
      cause: error,
    });
  });
  // From 1.21 on, Go itself refuses a go.mod that is too new for it, or fetches the Go that it names.
  if (version.code !== 0) throw new Error(`Go can't build the control plane: ${errors.join(' ')} ${install}`);
  const found = version.stdout.trim().replace(/^go/, '');
  if (isOlder(found, needed))
    throw new Error(`Go ${found} is too old to build the control plane. ${install}`);
}

/** Compares dotted versions by their numbers; a suffix such as `rc1` counts as none. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(version), numbers(than)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
