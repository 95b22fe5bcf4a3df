import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildPackage, goEnvironment } from '../cluster/go-package.ts';
import { streamProgress } from '../cluster/progress.ts';

/** A program that only tests need, built from a Go module beside them. */
export interface GoProgram {
  /** The file's name, and that of its folder in the cache. */
  readonly name: string;
  /** What it is, for the person who waits for its build. */
  readonly title: string;
  /** The directory with go.mod, go.sum and the sources. */
  readonly source: string;
  /** The path of its main package; the source's own by default. */
  readonly package?: string;
  /** For `go build -ldflags`, beside those that make it smaller. */
  readonly linkerFlags?: string;
  /** Build tags; none by default. */
  readonly tags?: readonly string[];
  /** Minutes that the build took on two idle cores, with nothing cached. */
  readonly minutes: number;
}

/** For the hook that builds a program: the first time takes minutes, on a busy machine several times as many. */
export const goBuildTimeoutMs = 30 * 60_000;

/**
 * Builds the program, once for each state of its sources, and keeps it in the user's cache.
 * @returns its path
 * @throws when there is no Go, saying what to install, or the build fails, with its last lines
 */
export async function buildGoProgram(program: GoProgram): Promise<string> {
  const { name, title, source, package: mainPackage = '.', linkerFlags = '', tags = [], minutes } = program;
  const files = (await readdir(source)).toSorted().map((file) => readFile(join(source, file)));
  return buildOnce({
    name,
    title,
    directory: source,
    package: mainPackage,
    linkerFlags,
    tags,
    minutes,
    state: [[mainPackage, linkerFlags, ...tags].join(' '), ...(await Promise.all(files))],
  });
}

/** A program to build in the folder of its Go module. */
export interface OnceBuilt extends Pick<GoProgram, 'name' | 'title' | 'linkerFlags' | 'tags' | 'minutes'> {
  readonly directory: string;
  readonly package: string;
  /** All that makes it another program. */
  readonly state: readonly (string | Buffer)[];
}

/** Builds the program, once for each state, as buildGoProgram does. */
export async function buildOnce(program: OnceBuilt): Promise<string> {
  const { name, title, minutes, state, linkerFlags = '', tags = [], ...source } = program;
  const hash = createHash('sha256');
  for (const part of state) hash.update(part);
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');
  const directory = join(cache, 'lua-plugin-operator', name, hash.digest('hex').slice(0, 16));
  const target = join(directory, name);
  if (existsSync(target)) return target;
  const progress = streamProgress(process.stderr);
  progress.line(
    `Building ${title} from its Go module, once: about ${minutes} min on 2 idle cores, then cached.`,
  );
  await mkdir(directory, { recursive: true });
  await buildPackage({
    ...source,
    name,
    linkerFlags,
    tags,
    target,
    env: goEnvironment(process.env),
    label: name,
    progress,
  });
  return target;
}
