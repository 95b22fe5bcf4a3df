import { readFile } from 'node:fs/promises';
import { InputError } from '../program/finding.ts';
import type { Io } from '../program/io.ts';

/** A file's text under the name that messages give it. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** How a user names standard input. */
export const stdinArgument = '-';

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
export async function readSource(path: string, io: Pick<Io, 'stdin'>): Promise<Source> {
  const file = path === stdinArgument ? '(stdin)' : path || '""';
  const bytes = await (path === stdinArgument ? readAll(io) : readFile(path)).catch(
    (error: NodeJS.ErrnoException) => {
      throw new InputError([
        { file, message: advice[error.code ?? ''] ?? `can't be read (${error.code ?? error.message})` },
      ]);
    },
  );
  try {
    return { file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    throw new InputError([{ file, message: 'is not UTF-8 text; save it as UTF-8' }]);
  }
}

async function readAll(io: Pick<Io, 'stdin'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of io.stdin()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
