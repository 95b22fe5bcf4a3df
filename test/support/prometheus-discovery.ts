import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { startGuard } from '../cluster/guard.ts';
import { streamProgress } from '../cluster/progress.ts';
import { runCommand } from '../cluster/run.ts';

const source = fileURLToPath(new URL('./prometheus-discovery/', import.meta.url));

/** Whether the program can be built here. */
export function canBuildDiscovery(): boolean {
  return spawnSync('go', ['version']).status === 0;
}

/**
 * Prometheus' Kubernetes service discovery as a program of its own, which Debian leaves out of its Prometheus. It is
 * built from Prometheus' Go module once, in about a minute on two idle cores, and kept in the user's cache.
 * @returns its path
 */
export async function buildDiscovery(): Promise<string> {
  const files = await Promise.all(
    ['go.mod', 'go.sum', 'main.go'].map((name) => readFile(join(source, name))),
  );
  const hash = createHash('sha256').update(Buffer.concat(files)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME || join(process.env.HOME || homedir(), '.cache');
  const directory = join(cache, 'lua-plugin-operator', 'prometheus-discovery', hash);
  const program = join(directory, 'discovery');
  if (existsSync(program)) return program;
  streamProgress(process.stderr).line(
    "Building Prometheus' Kubernetes service discovery from its Go module, once: about 1 min on 2 idle cores, then cached.",
  );
  await mkdir(directory, { recursive: true });
  const unfinished = join(directory, `.${randomUUID()}`);
  const errors: string[] = [];
  const { code } = await runCommand(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', unfinished, '.'],
    {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
      onErrorLine: (line) => errors.push(line),
    },
  );
  if (code !== 0) throw new Error(`go build ended with ${code}:\n${errors.slice(-20).join('\n')}`);
  await rename(unfinished, program);
  return program;
}

/** The program at work. */
export interface RunningDiscovery {
  stop(): Promise<void>;
}

/**
 * Keeps what a kubernetes_sd_config finds in a file for file_sd_configs, labels (`__meta_kubernetes_...`) and all.
 * @param program see buildDiscovery
 */
export function startDiscovery(program: string, config: object, file: string): RunningDiscovery {
  const child = spawn(program, [stringify(config), file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const guard = startGuard();
  if (child.pid !== undefined) guard.add(child.pid);
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', resolve);
  });
  return {
    stop: async () => {
      child.kill();
      await ended;
      await guard.release();
    },
  };
}
