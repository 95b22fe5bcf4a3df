import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';

function script(type: string): string {
  return `function GetWorkloadTypeAndName(text) return "${type}", "db" end`;
}

describe('a plugin whose script is in a ConfigMap, on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;
  const scripts = `/api/v1/namespaces/${namespace}/configmaps`;
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;

  const apply = (plugin: string, name: string, key = 'main.lua') =>
    lab.applyPlugin(plugin, { scriptFrom: { configMapKeyRef: { namespace, name, key } } });
  const write = (name: string, contents: object) =>
    fixture.plane.api.request('POST', scripts, { metadata: { name }, ...contents });
  const ready = (plugin: string, text: string) =>
    eventually(`Ready of ${plugin} to say ${text}`, async () => {
      expect((await lab.conditionsOf(plugin)).Ready).to.contain(text);
      return true;
    });

  before('let the operator read the ConfigMaps that the tests name', async () => {
    const rule = {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['scripts', 'late', 'bad'],
      verbs: ['list', 'watch'],
    };
    await fixture.plane.api.request('POST', `${roles}/roles`, { metadata: { name: 'r' }, rules: [rule] });
    await fixture.plane.api.request('POST', `${roles}/rolebindings`, {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [{ kind: 'ServiceAccount', ...operatorAccount }],
    });
    await createPod(fixture.plane.api, { namespace, name: 'db-0' });
  });

  it('serves, and takes a change as a new revision of the same generation', async () => {
    await write('scripts', { data: { 'main.lua': script('One') } });
    await apply('from-map', 'scripts');
    await ready('from-map', 'True Serving: revision 1');
    await eventually('the first answer', async () => (await lab.workloadOf('db-0')).startsWith('One db'));
    await fixture.plane.api.request('PUT', `${scripts}/scripts`, {
      metadata: { name: 'scripts' },
      data: { 'main.lua': script('Two'), other: 'x' },
    });
    await ready('from-map', 'revision 2 (generation 1) serves');
    await eventually('the second answer', async () => (await lab.workloadOf('db-0')).startsWith('Two db'));
  });

  it('serves on while the ConfigMap is gone, is not stalled, and heals by itself', async () => {
    await fixture.plane.api.request('DELETE', `${scripts}/scripts`);
    await ready('from-map', `False ScriptNotFound: the ConfigMap ${namespace}/scripts does not exist`);
    const conditions = await lab.conditionsOf('from-map');
    expect(conditions).to.include({ Serving: 'True Serving: revision 2 (generation 1) serves' });
    expect(conditions).not.to.have.property('Stalled');
    expect(await lab.workloadOf('db-0')).to.equal('Two db by LuaPlugin/from-map');
    await write('scripts', { data: { 'main.lua': script('Two') } });
    await ready('from-map', 'True Serving: revision 2');
  });

  it('waits for a ConfigMap that comes later', async () => {
    await apply('late-script', 'late');
    await ready('late-script', `the ConfigMap ${namespace}/late does not exist`);
    await write('late', { data: { 'main.lua': script('Late') } });
    await ready('late-script', 'True Serving');
  });

  it('says what is wrong with binary data, an empty script and one that is too long', async () => {
    await write('bad', {
      data: { empty: '', 'long.lua': '-'.repeat(262_145) },
      binaryData: { 'main.lua': Buffer.from([0xff, 0xfe]).toString('base64') },
    });
    await apply('bad-script', 'bad');
    await ready('bad-script', 'holds binary data');
    await apply('bad-script', 'bad', 'empty');
    await ready('bad-script', 'is empty');
    await apply('bad-script', 'bad', 'long.lua');
    await ready('bad-script', 'has more than 262144 characters');
    await apply('bad-script', 'bad', 'nothing');
    await ready('bad-script', 'has no key nothing; it has empty, long.lua');
  });

  it('names the rule to grant for a ConfigMap that the operator may not read, and starts with it', async () => {
    await write('secretive', { data: { 'main.lua': script('Free') } });
    await apply('refused', 'secretive');
    await ready('refused', 'resourceNames: [secretive], verbs: [list, watch]');
    expect(await lab.conditionsOf('refused')).not.to.have.property('Stalled');
    const warnings = lab.operator.logs().filter(({ level, ...line }) => {
      return level === 'warn' && JSON.stringify(line).includes('secretive');
    });
    expect(
      warnings.map(({ plugin, reason }) => ({ plugin, reason })),
      "one line, the plugin's",
    ).to.deep.equal([{ plugin: 'refused', reason: 'ScriptNotFound' }]);
    const path = `${roles}/roles/r`;
    const role = await fixture.plane.api.request<{ rules: { resourceNames: string[] }[] }>('GET', path);
    role.rules[0]?.resourceNames.push('secretive');
    await fixture.plane.api.request('PUT', path, role);
    await ready('refused', 'True Serving');
  });
});
