import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config/config.ts';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { LuaPluginOperator } from '../../../operator/operator.ts';
import { type Call, failureReasons, type Step } from '../../../operator/sandbox/contract.ts';
import { SandboxHost } from '../../../operator/sandbox/host-client.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, operatorAccount, patientLimits } from '../../support/operator.ts';
import { type LogLine, recordingLogger } from '../../unit/support/log.ts';

/** A real sandbox whose answers a test can take away. */
class BreakableSandbox extends SandboxHost {
  isBroken = false;

  override async evaluate(calls: readonly Call[]): Promise<Step[][]> {
    if (this.isBroken) throw new TypeError('boom');
    return super.evaluate(calls);
  }
}

/** The real operator, of which a test can break a part that runs all the time. */
class BreakableOperator extends LuaPluginOperator {
  breakPart(): void {
    this.parts.start('watch of Things', { run: () => Promise.reject(new TypeError('no such\nfield')) });
  }
}

describe('an operator of which a part fails', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const pluginsPath = '/apis/luaplugin.dev/v1alpha1/luaplugins';
  const plugins = ['one', 'two'].map((name) => `${name}-${namespace}`);
  let directory = '';
  let url = '';
  let sandbox: BreakableSandbox;
  let operator: BreakableOperator;
  let metrics: Metrics;
  let lines: LogLine[];

  before('two plugins of one priority, which the conflict check compares', async () => {
    directory = await mkdtemp(join(tmpdir(), 'terms-'));
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    const script = 'function GetWorkloadTypeAndName() return "Job", "all" end';
    for (const name of plugins) {
      const spec = { script, match: { namespaces: { include: [namespace] } }, limits: patientLimits };
      await fixture.plane.api.request('POST', pluginsPath, {
        apiVersion: 'luaplugin.dev/v1alpha1',
        kind: 'LuaPlugin',
        metadata: { name },
        spec,
      });
    }
  });
  after(async () => {
    for (const name of plugins) await fixture.plane.api.request('DELETE', `${pluginsPath}/${name}`);
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach('start the operator', async () => {
    const file = join(directory, 'config.yaml');
    await writeFile(
      file,
      `apiVersion: config.luaplugin.dev/v1alpha1
kind: OperatorConfig
http: {address: "127.0.0.1:0"}
namespaces: {include: [${namespace}]}
leaderElection: {enabled: true, leaseDuration: 8s, renewDeadline: 6s, retryPeriod: 3s}
`,
    );
    const kubeConfig = loadKubeConfig({
      path: await fixture.plane.serviceAccountKubeconfig(operatorAccount),
    });
    const recording = recordingLogger();
    lines = recording.lines;
    metrics = new Metrics(failureReasons);
    sandbox = new BreakableSandbox({ logger: recording.logger });
    operator = new BreakableOperator({
      config: await loadConfig(file),
      kubeConfig,
      client: new PooledKubeClient({ kubeConfig, version: 'test' }),
      sandbox,
      metrics,
      logger: recording.logger,
    });
    await operator.start();
    url = `http://127.0.0.1:${lines.find(({ msg }) => msg === 'serving HTTP')?.port}`;
    await eventually('it to lead', async () => (await transitions('acquired')) === 1);
  });
  afterEach(() => operator.stop());

  async function transitions(transition: string): Promise<number | undefined> {
    const { values } = await metrics.leaderTransitions.get();
    return values.find(({ labels }) => labels.transition === transition)?.value;
  }

  async function annotated(name: string): Promise<void> {
    await createPod(fixture.plane.api, { namespace, name });
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const read = () =>
      fixture.plane.api.request<{ metadata: { annotations?: Record<string, string> } }>('GET', path);
    await eventually(
      `Pod ${name} to carry its workload`,
      async () => (await read()).metadata.annotations?.['luaplugin.dev/workload-name'] === 'all',
    );
  }

  async function leaseHolder(): Promise<string> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${operatorAccount.namespace}/leases/lua-plugin-operator`;
    const lease = await fixture.plane.api.request<{ spec: { holderIdentity: string } }>('GET', path);
    return lease.spec.holderIdentity;
  }

  it("gives the Lease up when it is one of the leader's, and does all its work in its next term", async () => {
    await annotated('before');
    sandbox.isBroken = true;
    await eventually('the end of the term', async () => (await transitions('failed')) === 1);
    await eventually('the Lease to be free', async () => (await leaseHolder()) === '');
    sandbox.isBroken = false;
    await annotated('after');
    expect(await transitions('acquired')).to.equal(2);
    const errors = lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    expect(errors).to.deep.equal(["the leader's work failed: conflict check: boom; its term is over"]);
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.text()]).to.deep.equal([
      200,
      '[+]ping ok\n[+]parts ok\n[+]sandbox ok\nok\n',
    ]);
  });

  it('gives the Lease up and says on /healthz what failed when it is one that always runs', async () => {
    operator.breakPart();
    const { status, text } = await eventually('/healthz to fail', async () => {
      const answer = await fetch(`${url}/healthz`);
      return answer.status !== 200 && { status: answer.status, text: await answer.text() };
    });
    expect(status).to.equal(503);
    expect(text.split('\n')).to.include('[-]parts: watch of Things: no such field');
    await eventually('the Lease to be free', async () => (await leaseHolder()) === '');
    const errors = lines.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    expect(errors).to.deep.equal(['watch of Things: no such field; all work ends, and only a restart helps']);
  });
});
