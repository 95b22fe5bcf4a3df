import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The program as it stands in the repository. */
export const main = fileURLToPath(new URL('../../../luaplugin/main.ts', import.meta.url));
export const examples = fileURLToPath(new URL('../../../examples', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What `useLuaplugin` gives to the tests of a `describe`; only inside hooks and tests. */
export interface LuapluginFixture {
  /** The working directory of the program; empty at first. */
  readonly directory: string;
  write(file: string, content: string): Promise<void>;
  /** Runs the program as a user does. @param stdin all that it can read */
  run(words: readonly string[], stdin?: string): Promise<Ended>;
}

/** Called in a `describe`: its tests run the real program in a directory of their own. */
export function useLuaplugin(): LuapluginFixture {
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'luaplugin-'));
  });
  after(() => rm(directory, { recursive: true, force: true }));
  return {
    get directory() {
      return directory;
    },
    write: (file, content) => writeFile(join(directory, file), content),
    run: (words, stdin = '') => runProgram([main, ...words], directory, stdin),
  };
}

/** Runs Node, and tells how it ended. */
export async function runProgram(words: readonly string[], cwd: string, stdin = ''): Promise<Ended> {
  const child = spawn(process.execPath, words, { cwd });
  child.stdin.on('error', () => {}); // It may end without reading.
  child.stdin.end(stdin);
  const code = new Promise<number | null>((resolve, reject) => {
    child.on('close', resolve);
    child.on('error', reject);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

/** A plugin's manifest; the script begins on the sixth line, and a busy machine has time. @param rest more of the spec, indented by two */
export function manifest(name: string, script: string, rest = ''): string {
  const lines = script.split('\n').map((line) => `    ${line}`);
  return `apiVersion: luaplugin.dev/v1alpha1\nkind: LuaPlugin\nmetadata: {name: ${name}}\nspec:\n  script: |\n${lines.join('\n')}\n${rest}  limits: {timeout: 5s}\n`;
}
