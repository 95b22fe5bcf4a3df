import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../../cluster/progress.ts';

/** Progress that is remembered. */
export function recordingProgress(): Progress & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, line: (text) => lines.push(text), live: () => {} };
}

/** Called in a `describe`: gives each of its tests an empty directory, removed after it. */
export function useTemporaryDirectory(): { readonly path: string } {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'lua-plugin-operator-test-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return {
    get path() {
      return path;
    },
  };
}
