import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { InputError, UsageError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';

/** A file's text under the name that messages give it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** How a user names standard input. */
export const stdinArgument = '-';

/** @throws UsageError when standard input is to be read twice */
export function checkPaths(paths: readonly (string | undefined)[]): void {
  if (paths.filter((path) => path === stdinArgument).length > 1) {
    throw new UsageError('- (standard input) can be given once only');
  }
}

const advice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  ENOTDIR: 'there is no such file; check the path',
  EISDIR: 'is a directory; name a file in it',
  EACCES: 'may not be read; check its permissions',
};

/**
 * Reads a file, or standard input for `-`.
 * @throws InputError when it can't be read or is not UTF-8
 */
export async function readSource(path: string, io: Io): Promise<Source> {
  const file = path === stdinArgument ? '(stdin)' : path || '""';
  const bytes = await (path === stdinArgument ? buffer(io.stdin()) : readFile(path)).catch(
    (error: NodeJS.ErrnoException) => {
      const message = advice[error.code ?? ''] ?? `can't be read (${error.code ?? error.message})`;
      throw new InputError({ file, message });
    },
  );
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new InputError({ file, message: 'is not UTF-8 text; save it as UTF-8' });
  }
}
