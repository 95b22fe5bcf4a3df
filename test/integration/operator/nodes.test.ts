import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { decodeReport } from '../../../operator/plugins/node-reports/decode.ts';
import { type ReportLease, reportText } from '../../../operator/plugins/node-reports/report-lease.ts';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, leaderElection, operatorAccount, patientLimits } from '../../support/operator.ts';

const leading = 'leader_election_master_status{name="lua-plugin-operator"}';
const writes = 'luaplugin_pod_writes_total{result="success"}';
const leases = '/apis/coordination.k8s.io/v1/namespaces/luaplugin-system/leases';
const nodeRights = fileURLToPath(new URL('../../../config/daemonset/rbac.yaml', import.meta.url));

/** Claims Pods whose name begins so, and fails in line 3 on those whose name ends with -broken. */
const script = `function GetWorkloadTypeAndName(text)
  local name = text:match('"name":"(app%-[^"]*)"')
  if name and name:find("-broken$") then error("cannot tell " .. name) end
  if name then return "App", "app" end
  return "", ""
end`;

async function series(operator: RunningOperator): Promise<Map<string, number>> {
  const text = await (await fetch(`${operator.url}/metrics`)).text();
  return new Map(
    text.split('\n').map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

async function metric(operator: RunningOperator, name: string): Promise<number> {
  return (await series(operator)).get(name) ?? Number.NaN;
}

/** PATCHes that were not about a Pod. */
async function otherPatches(operator: RunningOperator): Promise<number> {
  const all = await series(operator);
  const patches = [...all].filter(
    ([name]) => name.startsWith('rest_client_requests_total') && name.includes('method="PATCH"'),
  );
  const pods = [...all].filter(([name]) => name.startsWith('luaplugin_pod_writes_total'));
  const sum = (found: [string, number][]) => found.reduce((total, [, value]) => total + value, 0);
  return sum(patches) - sum(pods);
}

describe('one instance on each of three nodes', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const plugin = `apps-of-${namespace}`;
  const nodes = ['a', 'b', 'c'].map((letter) => `${letter}-${namespace}`);
  const [a = '', b = '', c = ''] = nodes;
  const running = new Map<string, RunningOperator>();
  let directory = '';

  const on = (node: string) => {
    const operator = running.get(node);
    if (operator === undefined) throw new Error(`no instance runs on ${node}`);
    return operator;
  };
  const start = async (node: string) => {
    const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    const configFile = join(directory, 'config.yaml');
    const operator = await startOperator({ kubeconfig, configFile, args: [`--node-name=${node}`] });
    running.set(node, operator);
    await eventually('the operator to be ready', async () => (await fetch(`${operator.url}/readyz`)).ok);
    return operator;
  };
  const stop = async (node: string, signal?: NodeJS.Signals) => {
    const operator = on(node);
    running.delete(node);
    return await operator.stop(signal);
  };
  const pod = (name: string, node?: string) =>
    createPod(fixture.plane.api, { namespace, name, ...(node === undefined ? {} : { node }) });
  const workloadOf = async (name: string) => {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const { metadata } = await fixture.plane.api.request<{
      metadata: { annotations?: Record<string, string> };
    }>('GET', path);
    return metadata.annotations?.['luaplugin.dev/workload-name'];
  };
  const carries = (name: string, workload: string) =>
    eventually(`Pod ${name} to carry ${workload}`, async () => (await workloadOf(name)) === workload);
  const status = async () => {
    const path = `/apis/luaplugin.dev/v1alpha1/luaplugins/${plugin}`;
    return (await fixture.plane.api.request<LuaPlugin>('GET', path)).status ?? {};
  };
  const counts = (pods: number) =>
    eventually(`the status to count ${pods} Pods`, async () => (await status()).podsResolved === pods);
  /** Every count that the status says meanwhile, in order. */
  const countsDuring = async (work: () => Promise<unknown>) => {
    const seen: (number | undefined)[] = [];
    let isOver = false;
    const look = async () => {
      for (let isLast = false; !isLast; await delay(50)) {
        isLast = isOver;
        const { podsResolved } = await status();
        if (podsResolved !== seen.at(-1)) seen.push(podsResolved);
      }
    };
    const looking = look();
    await work().finally(() => {
      isOver = true;
    });
    await looking;
    return seen;
  };
  const holderOf = async (node: string) => {
    const lease = await fixture.plane.api.request<{ spec: { holderIdentity?: string } }>(
      'GET',
      leaseOf(node),
    );
    return lease.spec.holderIdentity ?? '';
  };
  /** Waits until the instance that runs on a node has reported, and not the one before it. */
  const reports = (node: string, before: string) =>
    eventually('the new instance to report', async () => !['', before].includes(await holderOf(node)));
  /** Waits until what an instance reports of its node's Pods is this. */
  const reportCounts = (node: string, pods: number) =>
    eventually(`the report of ${node} to count ${pods} Pods`, async () => {
      const lease = await fixture.plane.api.request<ReportLease>('GET', leaseOf(node));
      return decodeReport(reportText(lease))?.get(plugin)?.pods === pods;
    });
  const leader = () =>
    eventually('one instance to be elected', async () => {
      const leaders: string[] = [];
      for (const [node, operator] of running) {
        if ((await metric(operator, leading)) === 1) leaders.push(node);
      }
      expect(leaders).to.have.length(1);
      return leaders[0];
    });
  const others = async () => {
    const elected = await leader();
    return [...running.keys()].filter((node) => node !== elected);
  };
  const leaseOf = (node: string) => `${leases}/lua-plugin-operator-${node}`;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nodes-'));
    await writeFile(
      join(directory, 'config.yaml'),
      `apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nnamespaces: {include: [${namespace}]}\n${leaderElection}\n`,
    );
    // The rights of config/daemonset, without its DaemonSet: nobody here would run that.
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    await fixture.plane.kubectl(['apply', '-f', nodeRights]);
    for (const node of nodes) await start(node);
    await fixture.plane.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({
        apiVersion: 'luaplugin.dev/v1alpha1',
        kind: 'LuaPlugin',
        metadata: { name: plugin },
        spec: { match: { namespaces: { include: [namespace] } }, limits: patientLimits, script },
      }),
    });
    await fixture.plane.kubectl(['wait', '--for=condition=Ready', `luaplugin/${plugin}`, '--timeout=2m']);
  });

  after(async () => {
    await Promise.all([...running.values()].map((operator) => operator.stop('SIGKILL')));
    await fixture.plane.kubectl(['delete', 'luaplugin', plugin, '--ignore-not-found']);
    await fixture.plane.kubectl([
      ...['delete', 'leases', '-n', 'luaplugin-system'],
      ...['-l', 'app.kubernetes.io/component=node-report'],
    ]);
    await fixture.plane.kubectl(['delete', '-f', nodeRights]);
    await rm(directory, { recursive: true, force: true });
  });

  afterEach('bring back what a test has ended', async () => {
    for (const node of nodes) if (!running.has(node)) await start(node);
  });

  it('annotates the Pods of its own node, and no others', async () => {
    await Promise.all([pod('app-1', a), pod('app-2', b), pod('app-3', b), pod('app-4', c)]);
    for (const name of ['app-1', 'app-2', 'app-3', 'app-4']) await carries(name, 'app');
    // A write is counted when its answer is there, a moment after others see it.
    await eventually('each to have written its own', async () => {
      expect(await Promise.all(nodes.map((node) => metric(on(node), writes)))).to.deep.equal([1, 2, 1]);
      return true;
    });
  });

  it('counts its own Pods in its metrics, while the status has the sum', async () => {
    await counts(4);
    expect(await metric(on(b), `luaplugin_pods{plugin="${plugin}"}`)).to.equal(2);
  });

  it('writes nothing else unless it is the elected one', async () => {
    for (const node of await others()) expect(await otherPatches(on(node))).to.equal(0);
    expect(await otherPatches(on(await leader()))).to.be.above(0);
  });

  it('gives a Pod its workload when it is bound to the node, and not before', async () => {
    await pod('app-late');
    await pod('app-other', b);
    await carries('app-other', 'app');
    expect(await workloadOf('app-late')).to.equal(undefined);
    await fixture.plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods/app-late/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'app-late' },
      target: { apiVersion: 'v1', kind: 'Node', name: c },
    });
    await carries('app-late', 'app');
    await counts(6);
  });

  it('has its errors in the status, whichever instance is elected', async () => {
    const [node = ''] = await others();
    await pod('app-broken', node);
    await eventually('the status to show the error', async () => {
      const { errors, lastErrors = [], conditions = [] } = await status();
      expect(errors).to.equal(1);
      expect(lastErrors[0]).to.include({ line: 3, pod: `${namespace}/app-broken`, reason: 'runtime' });
      expect(conditions.find(({ type }) => type === 'Degraded')?.status).to.equal('True');
      return true;
    });
  });

  it('mends its report when somebody garbles it, and the sum stays as it is', async () => {
    const [node = ''] = await others();
    const read = async () => {
      const { metadata } = await fixture.plane.api.request<{
        metadata: { annotations: Record<string, string> };
      }>('GET', leaseOf(node));
      return metadata.annotations['luaplugin.dev/node-report'];
    };
    const before = await read();
    await fixture.plane.api.request('PATCH', leaseOf(node), {
      metadata: { annotations: { 'luaplugin.dev/node-report': 'garbled' } },
    });
    const seen = await countsDuring(() =>
      eventually('the report to be mended', async () => (await read()) === before),
    );
    expect(seen).to.deep.equal([6]);
    const elected = on(await leader());
    const warnings = elected.logs().filter(({ msg }) => msg.includes("can't be read, and is left out"));
    expect(warnings).to.have.length(1);
  });

  it('writes to no Pod after a restart, and the sum does not drop meanwhile', async () => {
    const seen = await countsDuring(async () => {
      for (const node of nodes) {
        const before = await holderOf(node);
        expect(await stop(node), 'exit code on SIGTERM').to.equal(0);
        await start(node);
        await reports(node, before);
      }
      await leader();
    });
    expect(seen).to.deep.equal([6]);
    for (const node of nodes) {
      await eventually('all Pods to be looked at', async () => {
        const known = on(node)
          .logs()
          .some(({ msg }) => msg === 'all Pods are known');
        return known && (await metric(on(node), 'workqueue_depth{name="pod"}')) === 0;
      });
      expect(await metric(on(node), writes)).to.equal(0);
    }
    await eventually(
      'the error from before the restart, and the one since, to be counted',
      async () => (await status()).errors === 2,
    );
  });

  it('takes the reporting over when the elected one is killed, and counts the Pods of that node no more', async () => {
    await counts(6);
    const killed = await leader();
    const left = { [a]: 5, [b]: 3, [c]: 4 }[killed] ?? 0;
    const seen = await countsDuring(async () => {
      await stop(killed, 'SIGKILL');
      expect(await leader()).not.to.equal(killed);
      await counts(left);
    });
    expect(seen, 'from the whole sum to the rest, and nothing between').to.deep.equal([6, left]);
    await eventually('its report to be deleted', async () => {
      const lease = await fixture.plane.api.request('GET', leaseOf(killed)).catch(() => undefined);
      return lease === undefined;
    });
  });

  it('is no longer counted when it was ended for good', async () => {
    await counts(6);
    const [node = ''] = await others();
    const left = { [a]: 5, [b]: 3, [c]: 4 }[node] ?? 0;
    const seen = await countsDuring(async () => {
      expect(await stop(node)).to.equal(0);
      await counts(left);
      await start(node);
      await counts(6);
    });
    expect(seen).to.deep.equal([6, left, 6]);
  });

  it('shares a node for a while with its successor, without harm', async () => {
    await counts(6);
    const old = on(b);
    const before = await holderOf(b);
    const seen = await countsDuring(async () => {
      await start(b);
      await reports(b, before);
      await pod('app-shared', b);
      await carries('app-shared', 'app');
      await counts(7);
      // The elected one counts its own Pods before anybody reports them: when that is the one that ends, the next waits
      // for the report.
      await reportCounts(b, 4);
      await old.stop();
      await pod('app-after', b);
      await carries('app-after', 'app');
      await counts(8);
    });
    expect(seen).to.deep.equal([6, 7, 8]);
  });
});
