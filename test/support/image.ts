import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Instruction, lastOf, pairsOf, parseDockerfile, type Stage } from './dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The image of the Dockerfile, laid out in a directory. */
export interface Image {
  /** Its root file system, but for what its base image has. */
  readonly root: string;
  readonly stages: readonly Stage[];
  /** As in `65532:65532`. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

let shared: Promise<Image> | undefined;

/**
 * Follows the Dockerfile without a container engine, once for all tests of a run: what its build stage copies is built
 * in a directory of its own, and what its last stage copies is laid out in another. `npm ci` alone is not repeated: the
 * packages are those that lie here, of the same lock file.
 */
export function sharedImage(): Promise<Image> {
  shared ??= build();
  return shared;
}

async function build(): Promise<Image> {
  const directory = await mkdtemp(join(tmpdir(), 'image-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const stages = parseDockerfile(await readFile(join(root, 'Dockerfile'), 'utf8'));
  const sent = await sentFiles();
  for (const [index, stage] of stages.entries()) {
    const place = join(directory, stage.name ?? String(index));
    await mkdir(place);
    if (stage.base.startsWith('node:')) await layNode(place);
    let workdir = place;
    for (const instruction of stage.instructions) {
      if (instruction.keyword === 'WORKDIR') workdir = join(place, instruction.words[0] ?? '');
      else if (instruction.keyword === 'COPY') await copy(instruction, directory, place, workdir, sent);
      else if (instruction.keyword === 'RUN') await runInstruction(instruction, workdir);
    }
  }
  const last = stages.at(-1);
  if (last === undefined) throw new Error('the Dockerfile has no stage');
  const image = join(directory, String(stages.length - 1));
  await chmod(image, 0o755);
  return {
    root: image,
    stages,
    user: lastOf(last, 'USER')[0] ?? '',
    entrypoint: lastOf(last, 'ENTRYPOINT'),
    env: pairsOf(last, 'ENV'),
    labels: pairsOf(last, 'LABEL'),
  };
}

/** What .dockerignore lets through, which is written as a list of exceptions. */
async function sentFiles(): Promise<Set<string>> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const [all, ...others] = rules;
  if (all !== '*' || others.some((rule) => !/^![\w.-]+$/.test(rule))) {
    throw new Error('.dockerignore is no list of top-level exceptions after "*"');
  }
  return new Set(others.map((rule) => rule.slice(1)));
}

/** Where Node's own images have it. */
async function layNode(place: string): Promise<void> {
  await mkdir(join(place, 'usr/local/bin'), { recursive: true });
  await symlink(process.execPath, join(place, 'usr/local/bin/node'));
}

async function copy(
  { words, flags }: Instruction,
  directory: string,
  place: string,
  workdir: string,
  sent: ReadonlySet<string>,
): Promise<void> {
  const target = words.at(-1) ?? '';
  const destination = target.startsWith('/') ? join(place, target) : join(workdir, target);
  for (const source of words.slice(0, -1)) {
    if (flags.from === undefined && !sent.has(source.split('/')[0] ?? '')) {
      throw new Error(`COPY ${source}: .dockerignore does not let it through`);
    }
    const from = flags.from === undefined ? join(root, source) : join(directory, flags.from, source);
    const isDirectory = (await stat(from)).isDirectory();
    const to = isDirectory || !target.endsWith('/') ? destination : join(destination, basename(source));
    await cp(from, to, { recursive: true, dereference: true });
  }
}

async function runInstruction({ text }: Instruction, workdir: string): Promise<void> {
  if (text.startsWith('npm ci')) return symlink(join(root, 'node_modules'), join(workdir, 'node_modules'));
  const [program, ...args] = text.split(' ');
  if (program !== 'node') throw new Error(`RUN ${text}: this test knows npm ci and node only`);
  await promisify(execFile)(process.execPath, args, { cwd: workdir });
}
