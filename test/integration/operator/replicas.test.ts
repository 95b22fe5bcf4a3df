import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';

const leading = 'leader_election_master_status{name="lua-plugin-operator"}';
const writes = 'luaplugin_pod_writes_total{result="success"}';

async function metric(operator: RunningOperator, series: string): Promise<number> {
  const text = await (await fetch(`${operator.url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

async function leads(operator: RunningOperator): Promise<boolean> {
  return (await metric(operator, leading)) === 1;
}

describe('two replicas', function () {
  this.timeout(60_000);
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
    await eventually(
      `Pod ${name} to carry its workload`,
      async () => {
        const { metadata } = await fixture.plane.api.request<{ metadata: { annotations?: object } }>(
          'GET',
          path,
        );
        expect(metadata.annotations).to.include({ 'luaplugin.dev/workload-name': name });
        return true;
      },
      { timeoutMs: 15_000 },
    );
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'replicas-'));
    const election = '{enabled: true, leaseDuration: 3s, renewDeadline: 2s, retryPeriod: 500ms}';
    await writeFile(
      join(directory, 'config.yaml'),
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: [${namespace}]}\nleaderElection: ${election}\n`,
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
    expect(await metric(first, writes)).to.equal(1);
    expect(await metric(second, writes)).to.equal(0);
  });

  it('change over at once when the leader ends as Kubernetes ends it', async () => {
    const [first, second] = await startPair();
    running.delete(first);
    expect(await first.stop()).to.equal(0);
    const begin = Date.now();
    await eventually('the second to lead', () => leads(second));
    expect(Date.now() - begin, 'it did not wait for the Lease to expire').to.be.below(2_000);
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
    expect(await metric(second, writes)).to.equal(2);
  });
});
