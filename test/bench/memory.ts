import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import { selfSigned } from './memory/certificate.ts';
import { childrenOf, containerOf, type Memory, memoryOf } from './memory/processes.ts';

/**
 * Measures the memory of the built operator and its sandbox host by the number of Pods: after a restart over Pods that
 * are resolved already, and after sweeps that rewrite every one. Prints a table, then one line of JSON.
 */
const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '1000,10000,50000,100000' },
    /** Changes of the plugin that alter every Pod; 0 measures the restart only. */
    sweeps: { type: 'string', default: '0' },
    entry: { type: 'string', default: 'dist/operator/main.js' },
    /** Seconds at rest before it is measured. */
    rest: { type: 'string', default: '20' },
  },
});
const server = fileURLToPath(new URL('./memory/api-server.ts', import.meta.url));
const timeoutMs = 1_200_000;

interface Reading {
  readonly operator: Memory;
  readonly host: Memory;
  /** MiB: JavaScript objects, and what they hold outside of V8's heap. */
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly external: number;
  /** The operator's CPU time since its start, in seconds. */
  readonly cpu: number;
}

interface Row {
  readonly pods: number;
  readonly when: string;
  readonly seconds: number;
  readonly writes: number;
  readonly reading: Reading;
}

const rows: Row[] = [];
const folder = await mkdtemp(join(tmpdir(), 'memory-bench-'));
try {
  const { cert, key } = await selfSigned();
  await Promise.all([writeFile(join(folder, 'cert.pem'), cert), writeFile(join(folder, 'key.pem'), key)]);
  for (const pods of values.pods.split(',').map(Number)) await measure(pods);
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify(rows)}\n`);

async function measure(pods: number): Promise<void> {
  const api = fork(server, [String(pods), folder], { execArgv: ['--max-old-space-size=8192'] });
  let operator: RunningOperator | undefined;
  try {
    const [{ port }] = (await once(api, 'message')) as [{ port: number }];
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(port));
    const start = () => startOperator({ kubeconfig, logLevel: 'info', entry: resolve(values.entry) });
    let round = 0;
    const apply = () => api.send({ type: `Round${round++}` });

    apply();
    const begin = Date.now();
    operator = await start();
    await settled(operator, 0);
    report(pods, 'restart', begin, operator, await writes(operator), await reading(operator));
    await delay(Number(values.rest) * 1000);
    report(pods, 'at rest', begin, operator, await writes(operator), await reading(operator));
    for (let sweep = 1; sweep <= Number(values.sweeps); sweep += 1) {
      const from = Date.now();
      apply();
      await settled(operator, sweep * pods);
      report(pods, `sweep ${sweep}`, from, operator, await writes(operator), await reading(operator));
    }
    if (values.sweeps !== '0') {
      await delay(Number(values.rest) * 1000);
      report(pods, 'at rest', begin, operator, await writes(operator), await reading(operator));
    }
  } finally {
    await operator?.stop();
    api.disconnect();
    await once(api, 'exit');
  }
}

function kubeconfigOf(port: number): string {
  const cluster = { server: `https://localhost:${port}`, 'certificate-authority': join(folder, 'cert.pem') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  });
}

/** All Pods are known, nothing is left to do, and so much was written. Asked for slowly: each answer is garbage, too. */
async function settled(running: RunningOperator, least: number): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const series = await metrics(running);
    const isSettled =
      running.logs().some(({ msg }) => msg === 'all Pods are known') &&
      (series('luaplugin_pod_writes_total{result="success"}') ?? 0) >= least &&
      series('workqueue_depth{name="pod"}') === 0 &&
      series('controller_runtime_active_workers{controller="pod"}') === 0;
    if (isSettled) return;
    if (Date.now() > deadline) throw new Error(`the operator was not at rest after ${timeoutMs / 1000} s`);
    await delay(1000);
  }
}

async function writes(running: RunningOperator): Promise<number> {
  return (await metrics(running))('luaplugin_pod_writes_total{result="success"}') ?? 0;
}

async function metrics(running: RunningOperator): Promise<(series: string) => number | undefined> {
  const lines = (await (await fetch(`${running.url}/metrics`)).text()).split('\n');
  return (series) => {
    const line = lines.find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
}

async function reading(running: RunningOperator): Promise<Reading> {
  const series = await metrics(running);
  const mib = (name: string) => Math.round((series(name) ?? Number.NaN) / 2 ** 20);
  const [host = 0] = childrenOf(running.pid);
  return {
    operator: memoryOf(running.pid),
    host: memoryOf(host),
    heapUsed: mib('nodejs_heap_size_used_bytes'),
    heapTotal: mib('nodejs_heap_size_total_bytes'),
    external: mib('nodejs_external_memory_bytes'),
    cpu: Math.round((series('process_cpu_seconds_total') ?? Number.NaN) * 10) / 10,
  };
}

function report(
  pods: number,
  when: string,
  begin: number,
  running: RunningOperator,
  written: number,
  memory: Reading,
): void {
  if (running.logs().some(({ level }) => level === 'error' || level === 'raw')) {
    throw new Error(
      JSON.stringify(running.logs().filter(({ level }) => level === 'error' || level === 'raw')),
    );
  }
  const { operator, host } = memory;
  rows.push({ pods, when, seconds: (Date.now() - begin) / 1000, writes: written, reading: memory });
  if (rows.length === 1) {
    process.stdout.write(
      `${['pods', 'when', 'writes', 'operator', 'host', 'both', 'container', 'peak', 'heap', 'total', 'external', 'cpu s'].map((title) => title.padStart(10)).join('')}\n`,
    );
  }
  const sum = (operator.rss + host.rss).toFixed(1);
  const container = containerOf(operator, host).toFixed(1);
  const { heapUsed, heapTotal, external, cpu } = memory;
  const cells = [
    pods,
    when,
    written,
    operator.rss,
    host.rss,
    sum,
    container,
    operator.peak,
    heapUsed,
    heapTotal,
    external,
    cpu,
  ];
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join('')}\n`);
}
