import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatDuration, type Progress } from './progress.ts';
import { runCommand } from './run.ts';

/** One program to build. */
export interface GoPackage {
  /** Of the Go module whose go.mod pins everything. */
  readonly directory: string;
  /** The path of its main package. */
  readonly package: string;
  /** What a person calls it. */
  readonly name: string;
  /** Beside those that make it smaller. */
  readonly linkerFlags: string;
  readonly tags?: readonly string[];
  /** The program's file. */
  readonly target: string;
  /** See goEnvironment. */
  readonly env: NodeJS.ProcessEnv;
  /** What its lines of progress begin with. */
  readonly label: string;
  readonly progress: Progress;
}

/** As many of the compiler's lines are shown when it fails. */
const shownLines = 20;

/**
 * Builds a program from its Go module; the file appears when it is whole.
 * @throws when there is no Go, saying what to install, or the build fails, with its last lines
 */
export async function buildPackage(options: GoPackage): Promise<void> {
  const { directory, name, target, env, label, progress } = options;
  const unfinished = join(dirname(target), `.${name}.${randomUUID()}`);
  const startedAt = Date.now();
  let compiled = 0;
  let downloaded = 0;
  const lastLines: string[] = [];
  const onErrorLine = (line: string) => {
    if (line.startsWith('go: downloading ')) downloaded++;
    else if (isPackagePath(line)) compiled++;
    else lastLines.push(line);
    if (lastLines.length > shownLines) lastLines.shift();
  };
  const ended = new AbortController();
  const ticking = tick(ended.signal, () => {
    const modules = downloaded > 0 ? `, ${downloaded} modules downloaded` : '';
    const elapsed = formatDuration(Date.now() - startedAt);
    progress.live(`${label}: ${elapsed}${modules}, ${compiled} packages compiled`);
  });
  try {
    const flags = ['-v', '-mod=readonly', '-trimpath', '-buildvcs=false'];
    const linker = ['-ldflags', `-s -w ${options.linkerFlags}`.trim()];
    const tags = `-tags=${(options.tags ?? []).join(',')}`;
    const args = ['build', ...flags, tags, ...linker, '-o', unfinished, options.package];
    const { code } = await runCommand('go', args, { cwd: directory, env, onErrorLine }).catch(
      (error: unknown) => {
        const install = 'Install Go, of the version in go.mod or newer (https://go.dev/dl/).';
        throw new Error(`There is no Go to build ${name} with. ${install}`, { cause: error });
      },
    );
    if (code !== 0) {
      progress.line(`${label}: failed`);
      throw new Error(`go build of ${name} ended with ${code}:\n${lastLines.join('\n')}`);
    }
    await rename(unfinished, target);
    progress.line(`${label}: done in ${formatDuration(Date.now() - startedAt)}`);
  } finally {
    ended.abort();
    await ticking;
    await rm(unfinished, { force: true });
  }
}

/** The user's environment, without what would build for another machine, need a C compiler, or join a workspace. */
export function goEnvironment({ GOOS, GOARCH, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, CGO_ENABLED: '0', GOWORK: 'off' };
}

/** What `go build -v` prints for each package that it compiles. */
function isPackagePath(line: string): boolean {
  return /^[\w.~-]+(\/[\w.~-]+)*$/.test(line);
}

async function tick(signal: AbortSignal, show: () => void): Promise<void> {
  while (!signal.aborted) {
    show();
    await delay(1_000, undefined, { signal }).catch(() => {});
  }
}
