import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../luaplugin/cluster/manifest.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';

export type { Manifest };

/** The path of a folder of config/. */
export function configDirectory(folder: string): string {
  return fileURLToPath(new URL(`../../config/${folder}`, import.meta.url));
}

/**
 * What `kubectl kustomize` makes of a directory.
 * @param directory a folder of config/ by its name, or any other by its absolute path
 */
export async function render({ kubectl }: ControlPlane, directory: string): Promise<Manifest[]> {
  const { stdout } = await kubectl([
    'kustomize',
    directory.startsWith('/') ? directory : configDirectory(directory),
  ]);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

/** The one object of a kind and name; throws when there is none. */
export function manifest(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
