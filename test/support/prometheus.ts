import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { onFreePort } from './free-port.ts';
import { buildGoProgram } from './go-program.ts';
import type { RuleFile } from './monitoring.ts';
import { startServerProgram } from './server-program.ts';

/**
 * Prometheus, with one service discovery, that for Kubernetes, and without the files of its web pages.
 * @returns its path
 */
export function buildPrometheus(): Promise<string> {
  return build('prometheus', 'Prometheus');
}

/**
 * promtool, which checks and tests rules.
 * @returns its path
 */
export function buildPromtool(): Promise<string> {
  return build('promtool', 'promtool');
}

function build(name: string, title: string): Promise<string> {
  return buildGoProgram({
    name,
    title,
    source: fileURLToPath(new URL('./prometheus/', import.meta.url)),
    package: `github.com/prometheus/prometheus/cmd/${name}`,
    tags: ['remove_all_sd', 'enable_kubernetes_sd'],
    minutes: 3,
  });
}

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
  /** Whether what it scrapes describes a metric, be it without a series now. */
  knows(metric: string): Promise<boolean>;
  stop(): Promise<void>;
}

/**
 * Starts Prometheus on a free port of 127.0.0.1, scraping and evaluating every second; it dies with this process.
 * Throws with its output when it does not get ready.
 * @param program see buildPrometheus
 * @param scrapeConfigs as in its config file
 */
export async function startPrometheus(
  program: string,
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
  const removeFiles = () => rm(directory, { recursive: true, force: true });
  const { url, stop } = await onFreePort(async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const stop = await startServerProgram({
      name: 'Prometheus',
      command: program,
      args: [
        '--config.file=prometheus.yaml',
        '--storage.tsdb.path=data',
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      cwd: directory,
      isReady: async () => (await fetch(`${url}/-/ready`)).ok,
    });
    return { url, stop };
  }).catch(async (error: unknown) => {
    await removeFiles();
    throw error;
  });
  const get = async <T>(path: string): Promise<T> => {
    const answer = (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer<T>;
    if (answer.data === undefined) throw new Error(`Prometheus: ${path}: ${answer.error}`);
    return answer.data;
  };
  return {
    query: async (expr) => {
      const { result } = await get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`);
      return result;
    },
    alerts: async () => (await get<{ alerts: ActiveAlert[] }>('alerts')).alerts,
    targets: async () => (await get<{ activeTargets: Target[] }>('targets?state=active')).activeTargets,
    knows: async (metric) => metric in (await get<object>(`metadata?metric=${metric}`)),
    stop: async () => {
      await stop();
      await removeFiles();
    },
  };
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: string;
}
