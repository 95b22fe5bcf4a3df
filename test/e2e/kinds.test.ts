import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readLibrary } from '../../build/generate/library.ts';
import { PooledKubeClient } from '../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../operator/kube/client/kubeconfig.ts';
import type { Workload } from '../../operator/sandbox/contract.ts';
import { crdsDirectory } from '../cluster/control-plane.ts';
import { type Cluster, startCluster } from '../cluster/kwok.ts';
import { type RunningOperator, startOperator } from '../cluster/operator.ts';
import { accesses, allows, permissions } from '../integration/manifests/api-calls.ts';
import { isMissed, type RecordedCall, without } from '../integration/manifests/taken-away.ts';
import { eventually } from '../support/eventually.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { manifest, render } from '../support/manifests.ts';
import { operatorAccount } from '../support/operator.ts';
import { type PodFixture, readLibraryFixtures, readPodFixtures } from '../unit/workloads/pod-fixtures.ts';
import { namespaceOf, play } from './kinds/population.ts';
import { standInDefinitions } from './kinds/stand-ins.ts';
import { root } from './world.ts';

/** The first run builds the programs of the cluster. */
const startTimeoutMs = 30 * 60_000;

/** Of the library: these plugins are applied; of the others' Pods standard resolution has to make what it can. */
const applied = ['spark', 'strimzi'];
const others = [
  'aibrix',
  'arc',
  'argo-workflows',
  'cloudnative-pg',
  'grove',
  'katib',
  'kubeblocks',
  'kubevirt',
  'oceanbase',
  'scylladb',
  'tekton',
  'tidb',
  'vitess',
];

const golden = new URL('kinds/table.txt', import.meta.url);

/** A Pod that is to end with this workload. */
interface Part {
  readonly fixture: PodFixture;
  readonly workload: Workload;
  readonly resolvedBy: string;
}

interface PodList {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly generateName?: string;
      readonly annotations?: Readonly<Record<string, string>>;
      readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
    };
  }[];
}

async function readParts(): Promise<Part[]> {
  const own = await readPodFixtures();
  const library = (await readLibraryFixtures()).filter(({ file }) =>
    others.some((name) => file.startsWith(`${name}/`)),
  );
  const standard = [...own, ...library].map((fixture) => {
    // A plugin takes what it matches, also where the owners would have been enough.
    const plugin = applied.find((name) => fixture.file.startsWith(`${name}-`));
    const resolvedBy = plugin === undefined ? 'standard' : `LuaPlugin/${plugin}`;
    return { fixture, workload: fixture.expect, resolvedBy };
  });
  const plugins = (await readLibrary()).filter(({ name }) => applied.includes(name));
  const resolved = plugins.flatMap(({ name, fixtures }) =>
    fixtures.map((one) => ({
      fixture: { ...one, file: `${name}/${one.file}` },
      workload: one.expect,
      resolvedBy: `LuaPlugin/${name}`,
    })),
  );
  return [...standard, ...resolved];
}

describe('on a cluster with real controllers and stand-ins for other operators', () => {
  let cluster: Cluster | undefined;
  let operator: RunningOperator | undefined;
  let proxy: FaultProxy | undefined;
  let direct = '';
  let directory = '';
  let parts: Part[] = [];
  const calls: RecordedCall[] = [];

  before('start the cluster, and the operator as its service account', async function () {
    this.timeout(startTimeoutMs);
    parts = await readParts();
    directory = await mkdtemp(join(tmpdir(), 'kinds-'));
    const definitions = join(directory, 'stand-ins.yaml');
    await writeFile(definitions, standInDefinitions(parts.map(({ fixture }) => fixture)));
    cluster = await startCluster({ crds: [crdsDirectory, definitions] });
    const { kubectl } = cluster;
    await kubectl(['apply', '-k', join(root, 'config/base')]);
    for (const name of applied) {
      await kubectl(['apply', '-f', join(root, `examples/library/${name}/luaplugin.yaml`)]);
    }
    direct = await cluster.serviceAccountKubeconfig(operatorAccount);
    proxy = await startFaultProxy(direct);
    proxy.listen((event) => {
      if (event.kind === 'answered') calls.push({ ...event.call, status: event.status });
    });
    operator = await startOperator({ kubeconfig: await proxy.kubeconfig(direct) });
    const { url } = operator;
    await eventually('the operator to be ready', async () => (await fetch(`${url}/readyz`)).ok);
    await kubectl(['wait', '--for=condition=Ready', 'luaplugins', '--all', '--timeout=2m']);
  });

  after('stop them', async () => {
    await operator?.stop();
    await proxy?.close();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('calls every Pod what its operator, its controller or a plugin says', async () => {
    if (cluster === undefined) throw new Error('there is no cluster');
    const { api } = cluster;
    await Promise.all(parts.map(({ fixture }) => play(api, fixture)));
    const namespaces = new Set(parts.map(({ fixture }) => namespaceOf(fixture)));
    const table = await eventually('every Pod to carry its workload', async () => {
      const { items } = await api.request<PodList>('GET', '/api/v1/pods');
      const rows = items.filter(({ metadata }) => namespaces.has(metadata.namespace)).map(rowOf);
      for (const { fixture, workload, resolvedBy } of parts) {
        const { file, metadata } = fixture;
        const mine = rows.filter(({ namespace }) => namespace === namespaceOf(fixture));
        // Another Pod may stand among the owners.
        const pod = mine.length > 1 ? mine.find(({ name }) => name === metadata.name) : mine[0];
        expect(pod, file).to.include({ workload: `${workload.type} ${workload.name}`, resolvedBy });
      }
      expect(rows.filter(({ workload }) => workload === '')).to.deep.equal([]);
      return tableOf(rows);
    });
    process.stdout.write(`\n${table}\n`);
    if (process.env.UPDATE_GOLDEN) await writeFile(golden, table);
    expect(table, `run this test with UPDATE_GOLDEN=1 when ${golden.pathname} should change`).to.equal(
      await readFile(golden, 'utf8'),
    );
  });

  it('needed no right but its own', async () => {
    const { url } = operator ?? expect.fail('there is no operator');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).to.contain('luaplugin_owner_reads_total{result="forbidden"} 0\n');
    expect(text).to.contain('luaplugin_pod_writes_total{result="error"} 0\n');
    expect(calls.filter(({ status }) => status === 403)).to.deep.equal([]);
  });

  it('needs the rights of known-owners.yaml: without one, the list that it is for, or the read, is refused', async () => {
    if (cluster === undefined) throw new Error('there is no cluster');
    const { kubectl } = cluster;
    // So that standard resolution is asked about their Pods, too.
    await kubectl(['delete', 'luaplugins', ...applied]);
    const role = manifest(await render(cluster, 'base'), 'ClusterRole', 'lua-plugin-operator-known-owners');
    const all = permissions([role], []);
    const client = new PooledKubeClient({ kubeConfig: loadKubeConfig({ path: direct }), version: 'test' });
    try {
      for (const permission of all) {
        const { verb, group, resource } = permission;
        // A kind that is listed is watched, and none of it is read by itself; Pods are watched for themselves.
        if (verb !== (resource === 'pods' ? 'get' : 'list')) continue;
        const call = await eventually(`the operator to ${verb} ${resource} of ${group}`, () =>
          calls.find((one) => accesses(one).some((access) => allows(permission, access))),
        );
        await without(permission, all, role, cluster, () => isMissed(permission, call, client));
      }
    } finally {
      await client.close();
    }
  });
});

/** A Pod as the table shows it; random and dated parts of names are cut. */
interface Row {
  readonly namespace: string;
  readonly name: string;
  readonly shown: string;
  readonly owner: string;
  readonly workload: string;
  readonly resolvedBy: string;
}

function rowOf({ metadata }: PodList['items'][number]): Row {
  const { name, namespace, generateName, annotations = {}, ownerReferences = [] } = metadata;
  const type = annotations['luaplugin.dev/workload-type'];
  return {
    namespace,
    name,
    // Of a Deployment's Pod the template's hash, of a CronJob's the scheduled minute.
    shown:
      generateName === undefined ? name : `${generateName.replace(/-([a-f0-9]{8,10}|[0-9]{8})-$/, '-')}*`,
    owner: (ownerReferences.find(({ controller }) => controller) ?? ownerReferences[0])?.kind ?? '-',
    workload: type === undefined ? '' : `${type} ${annotations['luaplugin.dev/workload-name']}`,
    resolvedBy: annotations['luaplugin.dev/resolved-by'] ?? '',
  };
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ namespace, shown, owner, workload, resolvedBy }) => [
    namespace,
    shown,
    owner,
    ...workload.split(' '),
    resolvedBy,
  ]);
  const sorted = lines
    .map((line) => line.join('\t'))
    .sort()
    .map((line) => line.split('\t'));
  const all = [['NAMESPACE', 'POD', 'OWNER', 'TYPE', 'WORKLOAD', 'RESOLVED-BY'], ...sorted];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0))) ?? [];
  return all
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
