import type { Io } from '../../../luaplugin/program/io.ts';

/** Streams of a test: what was written, and what can be read. */
export interface FakeIo extends Io {
  /** All that was written to stdout. */
  out(): string;
  err(): string;
}

/** @param stdin the whole of it. @param terminal whether the outputs are terminals. */
export function fakeIo(stdin: string | Uint8Array = '', terminal = false): FakeIo {
  const written = { out: '', err: '' };
  const output = (name: 'out' | 'err') => ({
    isTTY: terminal,
    columns: 80,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return {
    stdin: async function* () {
      yield typeof stdin === 'string' ? Buffer.from(stdin) : stdin;
    },
    stdout: output('out'),
    stderr: output('err'),
    out: () => written.out,
    err: () => written.err,
  };
}
