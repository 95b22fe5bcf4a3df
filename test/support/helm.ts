import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { createKubectl, type Kubectl } from '../cluster/kubectl.ts';
import { buildGoProgram } from './go-program.ts';
import type { Manifest } from './manifests.ts';

/** The project's own chart. */
export const chartDirectory = fileURLToPath(new URL('../../charts/lua-plugin-operator/', import.meta.url));

const source = fileURLToPath(new URL('./helm/', import.meta.url));

/**
 * Helm, as its project releases it.
 * @returns its path
 */
export function buildHelm(): Promise<string> {
  return buildGoProgram({
    name: 'helm',
    title: 'Helm',
    source,
    package: 'helm.sh/helm/v3/cmd/helm',
    linkerFlags: linkerFlags(readFileSync(join(source, 'go.mod'), 'utf8')),
    minutes: 2,
  });
}

/** Without these Helm takes every cluster that it does not see for Kubernetes 1.20. */
function linkerFlags(goMod: string): string {
  const [, version] = /helm\.sh\/helm\/v3 (v\S+)/.exec(goMod) ?? [];
  const [, minor] = /k8s\.io\/client-go v0\.(\d+)\./.exec(goMod) ?? [];
  if (version === undefined || minor === undefined) throw new Error(`${source}go.mod: no version of Helm`);
  const kubernetes = ['pkg/chartutil', 'pkg/lint/rules'].flatMap((path) => [
    `-X helm.sh/helm/v3/${path}.k8sVersionMajor=1`,
    `-X helm.sh/helm/v3/${path}.k8sVersionMinor=${minor}`,
  ]);
  return [`-X helm.sh/helm/v3/internal/version.version=${version}`, ...kubernetes].join(' ');
}

/** A release: its name and its namespace. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
}

/** That of config/. */
export const defaultRelease: Release = { name: 'lua-plugin-operator', namespace: 'luaplugin-system' };

/** Helm at work on one cluster. */
export interface Helm {
  /** Any command; the chart is the last argument where it needs one. `input` is what it reads for `-f -`. */
  readonly run: Kubectl;
  /** What the chart makes of these values, on a cluster that knows LuaPlugins. */
  render(values: object, release?: Release): Promise<Manifest[]>;
}

/**
 * @param program see buildHelm
 * @param cluster its kubeconfig, and a directory that goes with it
 */
export function createHelm(
  program: string,
  { kubeconfigPath, directory }: { readonly kubeconfigPath: string; readonly directory: string },
): Helm {
  const run = createKubectl(program, kubeconfigPath, join(directory, 'helm'));
  return {
    run,
    render: async (values, { name, namespace } = defaultRelease) => {
      const known = ['--api-versions', 'luaplugin.dev/v1alpha1'];
      const args = ['template', name, chartDirectory, '-n', namespace, ...known, '-f', '-'];
      const { stdout } = await run(args, { input: JSON.stringify(values) });
      return parseAllDocuments(stdout)
        .map((document): Manifest | null => document.toJS())
        .filter((object) => object !== null);
    },
  };
}
