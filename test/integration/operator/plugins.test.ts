import { expect } from 'chai';
import { createDeployment, createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

/** A script that calls every Pod whose name begins so a workload of that type. */
function claims(prefix: string, type: string): string {
  return `
    local json = require("dkjson")
    function GetWorkloadTypeAndName(text)
      local name = json.decode(text, 1, nil).name
      if name:sub(1, ${prefix.length}) ~= "${prefix}" then return "", "" end
      return "${type}", name
    end`;
}

describe('the operator on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;

  const carries = (pod: string, workload: string) =>
    eventually(`Pod ${pod} to carry "${workload}"`, async () => {
      expect(await lab.workloadOf(pod)).to.equal(workload);
      return true;
    });

  it('gives a new Pod the workload that its owners lead to', async () => {
    const { pods } = await createDeployment(fixture.plane.api, { namespace, name: 'web' });
    await carries(pods[0]?.metadata.name ?? '', 'Deployment web by standard');
  });

  it('lets a plugin of higher priority decide, then the next, then the owners', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'order-0' });
    await carries('order-0', 'Pod order-0 by standard');
    await lab.applyPlugin('low', { script: claims('order', 'Low') });
    await carries('order-0', 'Low order-0 by LuaPlugin/low');
    await lab.applyPlugin('high', { script: claims('order', 'High'), priority: 10 });
    await carries('order-0', 'High order-0 by LuaPlugin/high');
    await lab.applyPlugin('high', { script: claims('order', 'High'), priority: -10 });
    await carries('order-0', 'Low order-0 by LuaPlugin/low');
    await lab.applyPlugin('low', { script: claims('order', 'Low'), suspend: true });
    await carries('order-0', 'High order-0 by LuaPlugin/high');
    await fixture.plane.kubectl(['delete', 'luaplugin', 'high', 'low']);
    await carries('order-0', 'Pod order-0 by standard');
  });

  it('reports how many Pods a plugin resolves, in status and metrics', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'count-0' });
    await createPod(fixture.plane.api, { namespace, name: 'count-1' });
    await lab.applyPlugin('counting', { script: claims('count', 'Counted') });
    await eventually('the status to count two Pods', async () => {
      expect((await lab.getPlugin('counting')).status).to.include({ podsResolved: 2, errors: 0 });
      return true;
    });
    expect(await lab.metric('luaplugin_pods{plugin="counting"}')).to.equal(2);
    expect(await lab.conditionsOf('counting')).to.include({
      Ready: 'True Serving: revision 1 (generation 1) serves',
    });
  });

  it('takes only the Pods that match: by labels of the Namespace, labels of the Pod and owner', async () => {
    const { api, kubectl } = fixture.plane;
    const match = {
      namespaceSelector: { matchLabels: { tier: 'gold' } },
      podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] },
    };
    await createPod(api, { namespace, name: 'match-0', labels: { app: 'x' } });
    await createPod(api, { namespace, name: 'match-1' });
    await lab.applyPlugin('matching', { script: claims('match', 'Matched'), match });
    await kubectl(['wait', '--for=condition=Ready', 'luaplugin/matching', '--timeout=2m']);
    await carries('match-0', 'Pod match-0 by standard');
    await kubectl(['label', 'namespace', namespace, 'tier=gold']);
    await carries('match-0', 'Matched match-0 by LuaPlugin/matching');
    expect(await lab.workloadOf('match-1')).to.equal('Pod match-1 by standard');
    await kubectl(['label', 'namespace', namespace, 'tier-']);
    await carries('match-0', 'Pod match-0 by standard');
  });

  it('gives the script its parameters, with the defaults of their schema', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'params-0' });
    await lab.applyPlugin('parametrised', {
      script: `function GetWorkloadTypeAndName(text)
        if not text:find('"params-0"', 1, true) then return "", "" end
        return parameters.type, parameters.names[1]
      end`,
      parameters: { names: ['first'] },
      parametersSchema: { properties: { type: { type: 'string', default: 'Defaulted' } } },
    });
    await carries('params-0', 'Defaulted first by LuaPlugin/parametrised');
  });

  it('undoes what somebody else writes into its annotations', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'tampered' });
    await carries('tampered', 'Pod tampered by standard');
    const path = `/api/v1/namespaces/${namespace}/pods/tampered`;
    await fixture.plane.api.request('PATCH', path, {
      metadata: { annotations: { 'luaplugin.dev/workload-name': 'mine' } },
    });
    await carries('tampered', 'Pod tampered by standard');
  });

  it('writes nothing after a restart, not even to Pods whose plugin is broken by now', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'steady-0' });
    await lab.applyPlugin('steady', { script: claims('steady', 'Steady') });
    await carries('steady-0', 'Steady steady-0 by LuaPlugin/steady');
    await lab.applyPlugin('steady', { script: 'this is no Lua' });
    await eventually('the status to say so', async () => (await lab.conditionsOf('steady')).Stalled);
    expect(await lab.restart(), 'exit code on SIGTERM').to.equal(0);
    await eventually('the Pod queue to have worked', async () => {
      const known = lab.operator.logs().some(({ msg }) => msg === 'all Pods are known');
      const depth = await lab.metric('workqueue_depth{name="pod"}');
      const active = await lab.metric('controller_runtime_active_workers{controller="pod"}');
      return known && depth === 0 && active === 0;
    });
    expect(await lab.metric('luaplugin_pod_writes_total{result="success"}')).to.equal(0);
    expect(await lab.workloadOf('steady-0')).to.equal('Steady steady-0 by LuaPlugin/steady');
  });

  it('removes the annotations of a plugin that was deleted while the operator was down', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'orphan-0' });
    await lab.applyPlugin('passing', { script: claims('orphan', 'Passing') });
    await carries('orphan-0', 'Passing orphan-0 by LuaPlugin/passing');
    await lab.operator.stop();
    await fixture.plane.kubectl(['delete', 'luaplugin', 'passing']);
    await lab.restart();
    await carries('orphan-0', 'Pod orphan-0 by standard');
  });

  it('touches nothing of a Pod but its annotations', async () => {
    const { api } = fixture.plane;
    const labels = { app: 'x' };
    const annotations = { note: 'mine' };
    const pod = await createPod(api, { namespace, name: 'plain', labels, annotations });
    await carries('plain', 'Pod plain by standard');
    const path = `/api/v1/namespaces/${namespace}/pods/plain`;
    const after = await api.request<typeof pod & { spec: unknown }>('GET', path);
    expect(after.spec).to.deep.equal((pod as typeof after).spec);
    expect(after.metadata.labels).to.deep.equal(labels);
    expect(after.metadata.annotations).to.deep.equal({
      note: 'mine',
      'luaplugin.dev/workload-type': 'Pod',
      'luaplugin.dev/workload-name': 'plain',
      'luaplugin.dev/resolved-by': 'standard',
    });
  });
});
