import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stdinArgument } from './text.ts';

/** A file to read. */
export interface FoundFile {
  readonly path: string;
  /** Found in a directory: what is no plugin is passed over there. */
  readonly isFound: boolean;
}

const endings = /\.(ya?ml|json|lua)$/;
/** Directories of tools, which no one means. */
const isTools = (name: string) => name.startsWith('.') || name === 'node_modules';

/**
 * Lists the files that arguments name: a file as it is, a directory's YAML, JSON and Lua files at any depth, in
 * the order of their names.
 */
export async function findFiles(paths: readonly string[]): Promise<FoundFile[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      if (path === stdinArgument || !(await isDirectory(path))) return [{ path, isFound: false }];
      return (await walk(path)).map((file) => ({ path: file, isFound: true }));
    }),
  );
  const files = found.flat();
  return files.filter(({ path }, index) => files.findIndex((other) => other.path === path) === index);
}

/** What can't be looked at is no directory; reading it tells why. */
async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Links to directories are not followed: they may lead in circles. */
async function walk(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const nested = await Promise.all(
    sorted.map((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return isTools(entry.name) ? [] : walk(path);
      return endings.test(entry.name) && !entry.name.startsWith('.') ? [path] : [];
    }),
  );
  return nested.flat();
}
