import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sandbox's own code. */
export const sandboxFolder: string = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
/** wasmoon's Lua; its package's entry lies beside it. */
export const wasmPath: string = realpathSync(
  fileURLToPath(new URL('glue.wasm', import.meta.resolve('wasmoon'))),
);

/** All that the host may read: real paths, for the permission model does not follow links. */
export function readablePaths(): string[] {
  return [sandboxFolder, wasmPath, ...packageFolders('ajv'), ...packageFolders('ajv-formats')];
}

/** The folders of a package and of what it depends on, wherever they are installed. */
function packageFolders(name: string, from = import.meta.url, seen = new Set<string>()): string[] {
  const manifest = realpathSync(createRequire(from).resolve(`${name}/package.json`));
  if (seen.has(manifest)) return [];
  seen.add(manifest);
  const { dependencies = {} }: { dependencies?: object } = JSON.parse(readFileSync(manifest, 'utf8'));
  return [
    dirname(manifest),
    ...Object.keys(dependencies).flatMap((dependency) => packageFolders(dependency, manifest, seen)),
  ];
}
