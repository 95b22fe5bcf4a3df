import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startGuard } from '../cluster/guard.ts';
import { eventually } from './eventually.ts';
import type { RuleFile } from './monitoring.ts';

/** A series of a query's answer, with its value now. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Time and value; the value as text. */
  readonly value: readonly [number, string];
}

/** An alert that is pending or fires. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** Something that Prometheus scrapes. */
export interface Target {
  readonly health: string;
  readonly lastError: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As service discovery found it, `__meta_...` and all. */
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

/** A Prometheus, running as a process of its own. */
export interface RunningPrometheus {
  query(expr: string): Promise<readonly Sample[]>;
  alerts(): Promise<readonly ActiveAlert[]>;
  targets(): Promise<readonly Target[]>;
  stop(): Promise<void>;
}

/**
 * Starts Debian's Prometheus on a free port of 127.0.0.1, scraping and evaluating every second; it dies with this
 * process. Throws with its output when it does not get ready.
 * @param scrapeConfigs as in its config file
 */
export async function startPrometheus(
  scrapeConfigs: readonly object[],
  rules: RuleFile,
): Promise<RunningPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: scrapeConfigs,
  };
  await writeFile(join(directory, 'prometheus.yaml'), stringify(config));
  await writeFile(join(directory, 'rules.yaml'), stringify(rules));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      '--config.file=prometheus.yaml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  const guard = startGuard();
  if (child.pid !== undefined) guard.add(child.pid);
  const ended = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('error', resolve);
  });
  const stop = async () => {
    // It has nothing to save.
    child.kill('SIGKILL');
    await ended;
    await guard.release();
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const get = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer<T>;
    if (answer.data === undefined) throw new Error(`Prometheus: ${path}: ${answer.error}`);
    return answer.data;
  };
  try {
    await eventually('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok, {
      timeoutMs: 20_000,
    });
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}; its output:\n${output}`, { cause: error });
  }
  return {
    query: async (expr) => {
      const { result } = await get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`);
      return result;
    },
    alerts: async () => (await get<{ alerts: ActiveAlert[] }>('alerts')).alerts,
    targets: async () => (await get<{ activeTargets: Target[] }>('targets?state=active')).activeTargets,
    stop,
  };
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('there is no free port');
  return address.port;
}
