import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OwnerTable } from '../../operator/workloads/owner-table.ts';
import { startOperator } from '../cluster/operator.ts';
import { usedBytes } from '../support/heap.ts';
import { selfSigned } from './memory/certificate.ts';

/**
 * What following the owners of Pods costs: the memory of 100,000 watched ReplicaSets, and the requests of a restart over
 * 100,000 Pods of 20,000 ReplicaSets, at a scripted API server. Prints each beside its goal, then fails if one is missed.
 */
const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '100000' },
    owners: { type: 'string', default: '100000' },
    entry: { type: 'string', default: 'dist/operator/main.js' },
  },
});
const goals = { mib: 40, requests: 300, reads: 0 };
const server = fileURLToPath(new URL('./memory/api-server.ts', import.meta.url));
const timeoutMs = 600_000;

const rows: [what: string, measured: number, goal: number][] = [];
await memoryOfOwners(Number(values.owners));
await requestsOfRestart(Number(values.pods));
for (const [what, measured, goal] of rows) {
  process.stdout.write(`${what.padEnd(64)}${measured.toFixed(1).padStart(10)}  at most ${goal}\n`);
}
process.exitCode = rows.every(([, measured, goal]) => measured <= goal) ? 0 : 1;

/** Each of a Deployment of its own, which is the worst there is; parsed as the reflector parses a page. */
async function memoryOfOwners(count: number): Promise<void> {
  const table = new OwnerTable({ inScope: () => true, onChange: () => {} });
  const before = await usedBytes();
  for (let index = 0; index < count; index += 1) {
    const id = String(index).padStart(12, '0');
    const app = `service-${index}`;
    const ownerReferences = [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: app,
        uid: `11111111-1111-4111-8111-${id}`,
        controller: true,
      },
    ];
    const metadata = {
      name: `${app}-66d4b8c9f`,
      namespace: `team-${index % 100}`,
      uid: `00000000-0000-4000-8000-${id}`,
      ownerReferences,
    };
    table.upsert(JSON.parse(JSON.stringify({ metadata })));
  }
  const mib = ((await usedBytes()) - before) / 2 ** 20;
  rows.push([`MiB for ${table.size} watched ReplicaSets`, mib, goals.mib]);
}

async function requestsOfRestart(pods: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'owners-bench-'));
  const { cert, key } = await selfSigned();
  await Promise.all([writeFile(join(folder, 'cert.pem'), cert), writeFile(join(folder, 'key.pem'), key)]);
  const api = fork(server, [String(pods), folder, 'standard'], { execArgv: ['--max-old-space-size=8192'] });
  try {
    const [{ port }] = (await once(api, 'message')) as [{ port: number }];
    const kubeconfig = join(folder, 'kubeconfig');
    const cluster = {
      server: `https://localhost:${port}`,
      'certificate-authority': join(folder, 'cert.pem'),
    };
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'bench', cluster }],
        users: [{ name: 'bench', user: { token: 'bench' } }],
        contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
        'current-context': 'bench',
      }),
    );
    const operator = await startOperator({ kubeconfig, logLevel: 'info', entry: resolve(values.entry) });
    try {
      const metric = async (series: string) => {
        const lines = (await (await fetch(`${operator.url}/metrics`)).text()).split('\n');
        return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1));
      };
      const isDone = async () =>
        operator.logs().some(({ msg }) => msg === 'all Pods are known') &&
        // Of so many random names a few are alike, and take each other's place.
        (await metric('workqueue_adds_total{name="pod"}')) >= pods * 0.999 &&
        (await metric('workqueue_depth{name="pod"}')) === 0 &&
        (await metric('controller_runtime_active_workers{controller="pod"}')) === 0;
      for (const deadline = Date.now() + timeoutMs; !(await isDone()); await delay(500)) {
        if (Date.now() > deadline) throw new Error('the Pods were not all looked at in time');
      }
      const watched = await metric('luaplugin_watched_owners{resource="replicasets.apps"}');
      api.send({});
      const [{ calls }] = (await once(api, 'message')) as [{ calls: Record<string, number> }];
      const all = Object.values(calls).reduce((sum, some) => sum + some, 0);
      process.stdout.write(`${JSON.stringify(calls, null, 2)}\n`);
      const restart = `a restart over ${pods} Pods of ${watched} ReplicaSets`;
      rows.push([`requests of ${restart}`, all, goals.requests]);
      rows.push([`of these reads of one owner`, calls['GET /apis/apps/v1/…'] ?? 0, goals.reads]);
      rows.push([`writes of ${restart}`, await metric('luaplugin_pod_writes_total{result="success"}'), 0]);
    } finally {
      await operator.stop();
    }
  } finally {
    api.disconnect();
    await once(api, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}
