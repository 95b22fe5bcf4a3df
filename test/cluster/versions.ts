import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The Go module that pins and builds the control plane. */
export const buildDirectory = fileURLToPath(new URL('./build/', import.meta.url));

/** The programs of the control plane. */
export const binaryNames = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager', 'kwok'] as const;
export type BinaryName = (typeof binaryNames)[number];

/** The versions that go.mod pins; the modules' begin with `v`. */
export interface PinnedVersions {
  readonly kubernetes: string;
  readonly etcd: string;
  readonly kwok: string;
  /** The oldest Go that can build them, such as `1.26.0`. */
  readonly go: string;
}

/** Reads the versions from go.mod, the one place that has them. */
export async function pinnedVersions(): Promise<PinnedVersions> {
  return parseGoMod(await readFile(`${buildDirectory}go.mod`, 'utf8'));
}

/** Takes the versions from the text of a go.mod; throws when one is not there. */
export function parseGoMod(text: string): PinnedVersions {
  const find = (what: string, pattern: RegExp) => {
    const version = pattern.exec(text)?.[1];
    if (version === undefined) throw new Error(`test/cluster/build/go.mod pins no version of ${what}`);
    return version;
  };
  return {
    kubernetes: find('k8s.io/kubernetes', /^\s*k8s\.io\/kubernetes (v\S+)/m),
    etcd: find('go.etcd.io/etcd', /^\s*go\.etcd\.io\/etcd\/server\/v3 (v\S+)/m),
    kwok: find('sigs.k8s.io/kwok', /^\s*sigs\.k8s\.io\/kwok (v\S+)/m),
    go: find('Go', /^go (\S+)/m),
  };
}

/** A folder name that changes with everything that makes the binaries different. */
export function cacheKey({ kubernetes, etcd, kwok }: PinnedVersions, platform: string, arch: string): string {
  return `kubernetes-${kubernetes}-etcd-${etcd}-kwok-${kwok}-${platform}-${arch}`;
}
