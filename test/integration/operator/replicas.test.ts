import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, leaderElection, operatorAccount, patientLimits } from '../../support/operator.ts';

const leading = 'leader_election_master_status{name="lua-plugin-operator"}';
const writes = 'luaplugin_pod_writes_total{result="success"}';

/** NaN: there is no such series. */
async function metric(operator: RunningOperator, series: string): Promise<number> {
  const text = await (await fetch(`${operator.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

async function leads(operator: RunningOperator): Promise<boolean> {
  return (await metric(operator, leading)) === 1;
}

describe('two replicas', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const running = new Set<RunningOperator>();
  let directory = '';

  const start = async () => {
    const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    const operator = await startOperator({ kubeconfig, configFile: join(directory, 'config.yaml') });
    running.add(operator);
    await eventually('the operator to be ready', async () => (await fetch(`${operator.url}/readyz`)).ok);
    return operator;
  };
  const startPair = async () => {
    const first = await start();
    await eventually('the first to lead', () => leads(first));
    const second = await start();
    expect(await leads(second), 'the second waits').to.equal(false);
    return [first, second] as const;
  };
  const createAndWait = async (name: string) => {
    await createPod(fixture.plane.api, { namespace, name });
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await eventually(`Pod ${name} to carry its workload`, async () => {
      const { metadata } = await fixture.plane.api.request<{ metadata: { annotations?: object } }>(
        'GET',
        path,
      );
      expect(metadata.annotations).to.include({ 'luaplugin.dev/workload-name': name });
      return true;
    });
  };

  /** A write is counted when its answer is there, a moment after others see it. */
  const counts = (operator: RunningOperator, pods: number) =>
    eventually(`${pods} writes to be counted`, async () => (await metric(operator, writes)) === pods);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'replicas-'));
    await writeFile(
      join(directory, 'config.yaml'),
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: [${namespace}]}\n${leaderElection}\n`,
    );
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
  });
  afterEach(async () => {
    await Promise.all([...running].map((operator) => operator.stop('SIGKILL')));
    running.clear();
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('share the work: one writes, the other only watches', async () => {
    const [first, second] = await startPair();
    await createAndWait('shared');
    await counts(first, 1);
    expect(await metric(second, writes)).to.equal(0);
    expect(await metric(second, 'workqueue_adds_total{name="pod"}'), 'Pods queued on the standby').to.equal(
      0,
    );
  });

  it('change over at once when the leader ends as Kubernetes ends it', async () => {
    const [first, second] = await startPair();
    running.delete(first);
    expect(await first.stop()).to.equal(0);
    const begin = Date.now();
    await eventually('the second to lead', () => leads(second));
    expect(Date.now() - begin, 'it did not wait for the Lease to expire').to.be.below(5_000);
    await createAndWait('handed-over');
  });

  it('change over when the leader is killed', async () => {
    const [first, second] = await startPair();
    running.delete(first);
    await first.stop('SIGKILL');
    await createAndWait('orphaned');
    expect(await leads(second)).to.equal(true);
  });

  it('do not both write when the leader was paused and wakes up late', async () => {
    const [first, second] = await startPair();
    process.kill(first.pid, 'SIGSTOP');
    await createAndWait('meanwhile');
    process.kill(first.pid, 'SIGCONT');
    await eventually('the first to notice', async () => !(await leads(first)));
    await createAndWait('afterwards');
    expect(await leads(second)).to.equal(true);
    expect(await metric(first, writes), 'the one that slept wrote nothing').to.equal(0);
    await counts(second, 2);
  });

  it('show the Pods of a plugin once in sum, whoever leads, has led, or leads again', async () => {
    const plugin = `counted-${namespace}`;
    const path = '/apis/luaplugin.dev/v1alpha1/luaplugins';
    const script = `function GetWorkloadTypeAndName(text)
      local name = require("dkjson").decode(text, 1, nil).name
      if name:sub(1, 8) ~= "counted-" then return "", "" end
      return "Job", name
    end`;
    const { api } = fixture.plane;
    await api.request('POST', path, {
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name: plugin },
      spec: { script, match: { namespaces: { include: [namespace] } }, limits: patientLimits },
    });
    const pods = `luaplugin_pods{plugin="${plugin}"}`;
    const podsOfBoth = () => Promise.all([first, second].map((operator) => metric(operator, pods)));
    const eventuallyCount = (what: string, expected: readonly number[]) =>
      eventually(what, async () => (await podsOfBoth()).join() === expected.join());
    /** The one that leads is paused until the other leads in its place. */
    const changeOver = async (from: RunningOperator, to: RunningOperator) => {
      process.kill(from.pid, 'SIGSTOP');
      try {
        await eventually('the other to lead', () => leads(to));
      } finally {
        process.kill(from.pid, 'SIGCONT');
      }
      await eventually('the old one to notice', async () => !(await leads(from)));
    };
    const [first, second] = await startPair();
    try {
      await createAndWait('counted-0');
      await createAndWait('counted-1');
      await eventuallyCount('the leader alone to count', [2, Number.NaN]);
      expect(await metric(second, `luaplugin_ready{plugin="${plugin}"}`), 'true of each instance').to.equal(
        1,
      );
      await changeOver(first, second);
      await createAndWait('counted-2');
      await eventuallyCount('the new leader alone to count', [Number.NaN, 3]);
      await changeOver(second, first);
      await eventuallyCount('the first to count again', [3, Number.NaN]);
      const transition = (kind: string) => `luaplugin_leader_transitions_total{transition="${kind}"}`;
      expect(await metric(first, transition('acquired'))).to.equal(2);
      expect(await metric(first, transition('lost'))).to.equal(1);
    } finally {
      await api.request('DELETE', `${path}/${plugin}`);
    }
  });
});
