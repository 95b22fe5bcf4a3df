import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Files have the same ending as this one: .ts in development, .js once built.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
/** Once built, all that the host reads is in the sandbox's folder. */
const isBuilt = ending === '.js';

/** The sandbox's own code. */
export const sandboxFolder: string = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
/** What it uses of the rooms that all may use. */
const sharedFiles = ['api/go-json', 'api/workload', 'time/clock'].map((file) =>
  join(sandboxFolder, '..', `${file}${ending}`),
);
/** wasmoon's Lua; its package's entry lies beside it. */
export const wasmPath: string = isBuilt
  ? join(sandboxFolder, 'glue.wasm')
  : realpathSync(fileURLToPath(new URL('glue.wasm', import.meta.resolve('wasmoon'))));

/**
 * All that the host may read, as node's --allow-fs-read takes it. The permission model compares paths as they are
 * given, and node looks for a package where its importer expects it before it follows links, so a linked package is
 * named by both of its paths.
 */
export function readablePaths(): string[] {
  if (isBuilt) return [sandboxFolder];
  const packages = new Set<string>();
  for (const name of ['ajv', 'ajv-formats']) addPackage(packages, name, join(sandboxFolder, 'host'));
  // Sorted: the permission model forgets `ajv*` when it is told of `ajv-formats` before.
  return [sandboxFolder, ...sharedFiles, wasmPath, ...packages].sort();
}

/** Adds the folders of a package and of what it depends on, wherever they are installed. */
function addPackage(folders: Set<string>, name: string, importer: string): void {
  const places = createRequire(join(importer, 'any.js')).resolve.paths(name) ?? [];
  const place = places.find((path) => existsSync(join(path, name, 'package.json')));
  if (place === undefined) throw new Error(`the package ${name} is not installed`);
  for (const path of [place, join(place, name)]) {
    // To follow a link, node looks at the link itself. A folder's name allows what is in it and not the folder; with
    // a star it allows both, and what else begins so.
    if (lstatSync(path).isSymbolicLink()) folders.add(`${path}*`);
  }
  const folder = realpathSync(join(place, name));
  if (folders.has(folder)) return;
  folders.add(folder);
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
  const { dependencies = {} }: { dependencies?: object } = JSON.parse(manifest);
  for (const dependency of Object.keys(dependencies)) addPackage(folders, dependency, folder);
}
