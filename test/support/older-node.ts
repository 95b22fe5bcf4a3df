import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** A Node on the PATH that is too old for the program. @returns its path and version; undefined when there is none */
export function olderNode(): { readonly path: string; readonly version: string } | undefined {
  for (const directory of new Set((process.env.PATH ?? '').split(delimiter))) {
    const path = join(directory, 'node');
    const version = versionOf(path);
    if (version !== undefined && Number.parseInt(version, 10) < 24) return { path, version };
  }
  return undefined;
}

function versionOf(path: string): string | undefined {
  try {
    const options = { encoding: 'utf8' as const, stdio: 'pipe' as const };
    return execFileSync(path, ['-p', 'process.versions.node'], options).trim();
  } catch {
    return undefined;
  }
}
