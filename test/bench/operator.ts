import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mergePatch, metadataAccept, PooledKubeClient } from '../../operator/kube/client.ts';
import { loadKubeConfig } from '../../operator/kube/kubeconfig.ts';
import type { KubeObject } from '../../operator/kube/types.ts';
import { crdsDirectory, startControlPlane } from '../cluster/control-plane.ts';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import { streamProgress } from '../cluster/progress.ts';
import { createPod } from '../cluster/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../support/operator.ts';

/**
 * Measures the operator against the floor: the same number of PATCHes sent by a bare pooled client at the same
 * concurrency. Both take turns in one run, since a machine's speed drifts. Prints a table, then one line of JSON.
 */
const { values } = parseArgs({
  options: { pods: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '3' } },
});
const podCount = Number(values.pods);
const rounds = Number(values.rounds);
const concurrency = 64;
const namespace = 'bench';

const plane = await startControlPlane({ crds: [crdsDirectory], progress: streamProgress(process.stderr) });
let operator: RunningOperator | undefined;
try {
  await plane.kubectl(['apply', '-k', baseDirectory]);
  await plane.kubectl(['create', 'namespace', namespace]);
  const client = new PooledKubeClient({
    kubeConfig: loadKubeConfig({ path: plane.kubeconfigPath }),
    version: 'bench',
  });
  process.stderr.write(`creating ${podCount} Pods\n`);
  const names = Array.from({ length: podCount }, (_, index) => `pod-${index}`);
  await inParallel(names, (name) => createPod(plane.api, { namespace, name, labels: { app: 'bench' } }));

  const kubeconfig = await plane.serviceAccountKubeconfig(operatorAccount);
  operator = await startOperator({ kubeconfig, logLevel: 'info' });
  await settled(operator);

  const floor: number[] = [];
  const applied: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    floor.push(await time(() => inParallel(names, (name) => annotate(client, name, `round-${round}`))));
    // The operator saw these changes of annotations; its turn begins when it has dealt with them.
    await settled(operator);
    const target = (await writes(operator)) + podCount;
    applied.push(await time(() => applyPlugin(`Round${round}`, target)));
  }
  const before = await writes(operator);
  const rss = { operatorMiB: rssOf(operator.pid), hostMiB: childrenOf(operator.pid).map(rssOf) };
  await operator.stop();

  const restart = Date.now();
  operator = await startOperator({ kubeconfig, logLevel: 'info' });
  await settled(operator);
  const restartSeconds = (Date.now() - restart) / 1000;
  const restartWrites = await writes(operator);
  const restartRss = { operatorMiB: rssOf(operator.pid), hostMiB: childrenOf(operator.pid).map(rssOf) };
  await client.close();

  const ratios = applied.map((seconds, round) => seconds / (floor[round] ?? Number.NaN));
  process.stdout.write(
    [
      `Pods: ${podCount}, concurrency ${concurrency}`,
      `floor, bare client     ${floor.map(rate).join('  ')}  writes/s`,
      `apply to last Pod      ${applied.map(rate).join('  ')}  writes/s`,
      `operator / floor       ${ratios.map((ratio) => ratio.toFixed(2)).join('  ')}  (times as long)`,
      `RSS after the rounds   operator ${rss.operatorMiB} MiB, sandbox host ${rss.hostMiB.join(', ')} MiB`,
      `restart                ${restartSeconds.toFixed(1)} s, ${restartWrites} writes, operator ${restartRss.operatorMiB} MiB, sandbox host ${restartRss.hostMiB.join(', ')} MiB`,
      '',
    ].join('\n'),
  );
  const result = {
    podCount,
    concurrency,
    floor,
    applied,
    ratios,
    writes: before,
    rss,
    restartSeconds,
    restartWrites,
    restartRss,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await operator?.stop();
  await plane.stop();
}

/** A plugin that gives every Pod a new type; resolves when the last Pod carries it. */
async function applyPlugin(type: string, target: number): Promise<void> {
  const script = `local json = require("dkjson")
function GetWorkloadTypeAndName(text) return "${type}", json.decode(text, 1, nil).name end`;
  const body = {
    apiVersion: 'luaplugin.dev/v1alpha1',
    kind: 'LuaPlugin',
    metadata: { name: 'bench' },
    spec: { script },
  };
  await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(body) });
  // The counter is cheap to ask; a list of all Pods in a loop would itself be the load that is measured.
  const running = operator;
  if (running === undefined) throw new Error('the operator does not run');
  await eventually('as many writes as Pods', async () => (await writes(running)) >= target, {
    timeoutMs: 600_000,
  });
  const { items } = await plane.api.request<{ items: KubeObject[] }>(
    'GET',
    `/api/v1/namespaces/${namespace}/pods`,
  );
  const wrong = items.filter(
    ({ metadata }) => metadata.annotations?.['luaplugin.dev/workload-type'] !== type,
  );
  if (wrong.length > 0) throw new Error(`${wrong.length} Pods do not carry ${type}`);
}

function annotate(client: PooledKubeClient, name: string, value: string): Promise<unknown> {
  return client.request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
    contentType: mergePatch,
    accept: metadataAccept,
    body: { metadata: { annotations: { 'bench/a': value, 'bench/b': value, 'bench/c': value } } },
  });
}

async function inParallel(items: readonly string[], work: (item: string) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function metric(running: RunningOperator, series: string): Promise<number> {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

function writes(running: RunningOperator): Promise<number> {
  return metric(running, 'luaplugin_pod_writes_total{result="success"}');
}

/** All Pods are known and nothing is left to do. */
async function settled(running: RunningOperator): Promise<void> {
  await eventually(
    'the operator to be at rest',
    async () =>
      running.logs().some(({ msg }) => msg === 'all Pods are known') &&
      (await metric(running, 'workqueue_depth{name="pod"}')) === 0 &&
      (await metric(running, 'controller_runtime_active_workers{controller="pod"}')) === 0,
    { timeoutMs: 600_000 },
  );
}

async function time(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

function rate(seconds: number): string {
  return (podCount / seconds).toFixed(0).padStart(5);
}

function rssOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim() === '' ? [] : text.trim().split(' ').map(Number);
}
