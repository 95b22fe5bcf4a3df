import { expect } from 'chai';
import { type ControllerRevision, readRevision, revisionSelector } from '../../../operator/api/revisions.ts';
import { createDeployment, type KubeObject } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';

function script(number: number): string {
  return `function GetWorkloadTypeAndName(text) return "Number${number}", "x" end`;
}

describe('the revisions of a plugin, on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const path = `/apis/apps/v1/namespaces/${operatorAccount.namespace}/controllerrevisions`;

  const stored = async (plugin: string) => {
    const { metadata } = await lab.getPlugin(plugin);
    const query = `?labelSelector=${encodeURIComponent(revisionSelector(metadata.uid))}`;
    const { items } = await fixture.plane.api.request<{ items: ControllerRevision[] }>('GET', path + query);
    return items.toSorted((a, b) => a.revision - b.revision);
  };
  const numbers = (plugin: string, expected: readonly number[]) =>
    eventually(`the revisions ${expected} of ${plugin}`, async () => {
      expect((await stored(plugin)).map(({ revision }) => revision)).to.deep.equal(expected);
      return true;
    });
  const apply = async (plugin: string, number: number, more: object = {}) => {
    await lab.applyPlugin(plugin, { script: script(number), ...more });
    await eventually(`script ${number} to serve`, async () =>
      (await lab.conditionsOf(plugin)).Ready?.startsWith('True'),
    );
  };

  it('are kept when they begin to serve, and can be read back', async () => {
    await apply('kept', 1, { parameters: { team: 'db' } });
    await apply('kept', 2);
    await numbers('kept', [1, 2]);
    const [first] = (await stored('kept')).map(readRevision);
    expect(first?.ok && first.revision.spec).to.deep.include({
      script: script(1),
      parameters: { team: 'db' },
      limits: { timeout: '5s', memory: '16Mi' },
    });
  });

  it('serve on after a restart when the latest generation is broken', async () => {
    await apply('kept', 2);
    await lab.applyPlugin('kept', { script: 'this is no Lua' });
    await eventually('the broken script to be reported', async () =>
      (await lab.conditionsOf('kept')).Ready?.includes('CompileError'),
    );
    await lab.restart();
    const { pods } = await createDeployment(fixture.plane.api, {
      namespace: fixture.namespace,
      name: 'late',
    });
    await eventually('a new Pod to get the answer of revision 2', async () => {
      const { metadata } = await fixture.plane.api.request<KubeObject>(
        'GET',
        `/api/v1/namespaces/${fixture.namespace}/pods/${pods[0]?.metadata.name}`,
      );
      return metadata.annotations?.['luaplugin.dev/workload-type'] === 'Number2';
    });
    const conditions = await lab.conditionsOf('kept');
    expect(conditions.Serving).to.match(/^True/);
    expect(conditions.Ready).to.contain('CompileError');
    await numbers('kept', [1, 2]);
  });

  it('are not made of what never served, and of what is no new revision', async () => {
    await lab.applyPlugin('kept', { script: 'this is no Lua' });
    expect((await lab.conditionsOf('kept')).Ready).to.contain('CompileError');
    await apply('kept', 2, { priority: 3 });
    await numbers('kept', [1, 2]);
  });

  it('are pruned to the limit, the oldest first, the serving one never', async () => {
    await apply('kept', 3, { revisionHistoryLimit: 1 });
    await numbers('kept', [2, 3]);
    await apply('kept', 3, { revisionHistoryLimit: 0 });
    await numbers('kept', [3]);
  });

  it('are not written again after a restart, and made anew when somebody deleted one', async () => {
    const before = await stored('kept');
    await lab.restart();
    await apply('kept', 4, { revisionHistoryLimit: 5 });
    await numbers('kept', [3, 4]);
    expect((await stored('kept'))[0]?.metadata.uid).to.equal(before[0]?.metadata.uid);
    await fixture.plane.api.request('DELETE', `${path}/${(await stored('kept'))[1]?.metadata.name}`);
    await lab.restart();
    await numbers('kept', [3, 4]);
  });

  it('belong to the plugin, so that they are deleted with it', async () => {
    const [revision] = await stored('kept');
    const { metadata } = await lab.getPlugin('kept');
    expect(revision?.metadata.ownerReferences).to.deep.equal([
      {
        apiVersion: 'luaplugin.dev/v1alpha1',
        kind: 'LuaPlugin',
        name: 'kept',
        uid: metadata.uid,
        controller: true,
      },
    ]);
  });

  it('that are too large to be kept serve all the same, and an Event says so', async () => {
    // Characters of four bytes: the plugin and the ConfigMap fit, together they are more than etcd takes.
    const { namespace } = fixture;
    const long = '😀'.repeat(130_000);
    const { api } = fixture.plane;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await api.request('POST', `${rbac}/roles`, {
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
    });
    await api.request('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'ServiceAccount', ...operatorAccount }],
    });
    await api.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, {
      metadata: { name: 'giant' },
      data: { 'main.lua': `${script(1)} --[[${'😀'.repeat(250_000)}]]` },
    });
    const spec = {
      scriptFrom: { configMapKeyRef: { namespace, name: 'giant', key: 'main.lua' } },
      parametersSchema: { description: long },
    };
    await lab.applyPlugin('giant', { ...spec, parametersSchema: {} });
    const giant = '/apis/luaplugin.dev/v1alpha1/luaplugins/giant';
    // Past kubectl, whose annotation would be too large.
    await api.request('PUT', giant, {
      ...(await lab.getPlugin('giant')),
      spec: { ...spec, parameters: { long } },
    });
    await eventually('it to serve, or to be refused', async () =>
      (await lab.conditionsOf('giant')).Ready?.startsWith('True'),
    );
    await eventually('the Event', async () => {
      const { stdout } = await fixture.plane.kubectl(['get', 'events', '-n', 'default', '-o', 'json']);
      const { items } = JSON.parse(stdout) as {
        items: { reason: string; involvedObject: { name: string } }[];
      };
      return items.some(
        ({ reason, involvedObject }) => reason === 'RevisionNotStored' && involvedObject.name === 'giant',
      );
    });
    await numbers('giant', [1]);
  });
});
