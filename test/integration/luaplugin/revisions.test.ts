import { expect } from 'chai';
import { parse } from 'yaml';
import { withCluster } from '../../../luaplugin/cluster/connect.ts';
import { replaceSpec } from '../../../luaplugin/cluster/plugins.ts';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';
import { claims, outputOf, useLuapluginOn } from './on-cluster.ts';

describe('luaplugin history, diff and rollback', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture);
  const lab = useLuapluginOn(fixture);
  const script = (type: string) => claims('db', type);

  /** Applies a spec, and waits until it serves as that revision, and the revision is kept. */
  const serve = async (name: string, spec: Readonly<Record<string, unknown>>, revision: number) => {
    await operator.applyPlugin(name, spec);
    await eventually(`revision ${revision} of ${name} to serve and to be kept`, async () => {
      const history = await outputOf(lab.run(['history', name]));
      expect(history).to.match(new RegExp(`^${revision} .* yes `, 'm'));
      return true;
    });
  };
  const specOf = async (name: string) => (await operator.getPlugin(name)).spec;

  before(async () => {
    await serve('rev', { script: script('One') }, 1);
    await serve('rev', { script: script('Two'), priority: 4 }, 2);
    const changed = { parameters: { a: 1 }, limits: { timeout: '1s' } };
    await serve('rev', { script: script('Two'), priority: 4, ...changed }, 3);
  });

  it('lists the revisions, the latest first, with what each changed', async () => {
    const text = await outputOf(lab.run(['history', 'rev']));
    expect(text.replaceAll(/ {2,}/g, ' ').replaceAll(/\b\d+s\b/g, 'AGE')).to.equal(
      'REVISION GENERATION AGE SERVES CHANGED\n3 3 AGE yes parameters,limits\n2 2 AGE - script\n1 1 AGE - -\n',
    );
    const names = await outputOf(lab.run(['history', 'rev', '-o', 'name']));
    expect(names).to.match(/^(controllerrevision\.apps\/rev-[0-9a-f]{8}-[321]\n){3}$/);
    const { revisions } = JSON.parse(await outputOf(lab.run(['history', 'rev', '-o', 'json'])));
    expect(revisions[2]).to.deep.include({ revision: 1, serves: false });
    expect(revisions[2].spec.script).to.equal(script('One'));
  });

  it('says that a plugin has no revisions, without failing', async () => {
    await operator.applyPlugin('rev-none', { script: 'no lua' });
    await operator.conditionsOf('rev-none');
    const { code, stdout, stderr } = await lab.run(['history', 'rev-none']);
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '' });
    expect(stderr).to.match(/^note: no revision of "rev-none" is kept in the namespace luaplugin-system: /);
    expect((await lab.run(['rollback', 'rev-none'])).code).to.equal(1);
    expect((await lab.run(['diff', 'rev-none'])).code).to.equal(1);
  });

  it('shows the latest change, or that between two revisions, as a unified diff', async () => {
    expect(await outputOf(lab.run(['diff', 'rev']))).to.equal(
      `--- rev/parameters.yaml\trevision 2
+++ rev/parameters.yaml\tgeneration 3
@@ -0,0 +1,1 @@
+a: 1
--- rev/limits.yaml\trevision 2
+++ rev/limits.yaml\tgeneration 3
@@ -1,2 +1,2 @@
 memory: 16Mi
-timeout: 5s
+timeout: 1s
`,
    );
    const text = await outputOf(lab.run(['diff', 'rev', '--from', '1', '--to', '2']));
    expect(text).to.match(/^--- rev\/script\.lua\trevision 1\n\+\+\+ rev\/script\.lua\trevision 2\n@@ /);
    expect(text).to.contain('\n-  return "One", name\n+  return "Two", name\n');
    const back = JSON.parse(
      await outputOf(lab.run(['diff', 'rev', '--from', '3', '--to', '2', '-o', 'json'])),
    );
    expect(back).to.deep.include({ from: 'revision 3', to: 'revision 2', changed: ['parameters', 'limits'] });
    const same = await lab.run(['diff', 'rev', '--from', '3']);
    expect(same).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'rev: generation 3 does not differ from revision 3\n',
    });
  });

  it('names the revisions that are kept when another is asked for', async () => {
    for (const words of [
      ['diff', '--from', '9'],
      ['diff', '--to', '9'],
      ['rollback', '--to', '9'],
    ]) {
      const [command = '', ...rest] = words;
      const { code, stderr } = await lab.run([command, 'rev', ...rest]);
      expect(stderr).to.equal('luaplugin: there is no revision 9 of "rev"; these are kept: 3, 2, 1\n');
      expect(code).to.equal(1);
    }
    const { code, stderr } = await lab.run(['rollback', 'rev', '--to', '0']);
    expect(stderr).to.match(/Write a revision's number/);
    expect(code).to.equal(2);
  });

  it('tries a rollback out on the API server and changes nothing', async () => {
    const { stdout, code } = await lab.run([
      'rollback',
      'rev',
      '--to',
      '1',
      '--dry-run=server',
      '-o',
      'yaml',
    ]);
    expect(code).to.equal(0);
    const { spec } = parse(stdout) as LuaPlugin;
    expect(spec).to.include({ script: script('One'), priority: 4 });
    expect(spec).to.not.have.property('parameters');
    expect((await specOf('rev')).limits.timeout).to.equal('1s');
  });

  it('rolls back to the revision before the one that serves, and to any other', async () => {
    expect(await outputOf(lab.run(['rollback', 'rev', '--wait']))).to.equal(
      'luaplugin.luaplugin.dev/rev rolled back to revision 2\n' +
        'luaplugin.luaplugin.dev/rev is Ready: revision 4 (generation 4) serves\n',
    );
    expect(await specOf('rev')).to.deep.include({ script: script('Two'), priority: 4 });
    expect(await specOf('rev')).to.not.have.property('parameters');
    expect(await outputOf(lab.run(['rollback', 'rev', '--to', '2']))).to.equal(
      'luaplugin.luaplugin.dev/rev unchanged: its spec is revision 2 already\n',
    );
    await outputOf(lab.run(['rollback', 'rev', '--to', '1', '--wait']));
    expect(await specOf('rev')).to.deep.include({ script: script('One'), priority: 4 });
  });

  it('takes a broken change back', async () => {
    await serve('rev-broken', { script: script('Good') }, 1);
    await operator.applyPlugin('rev-broken', { script: 'no lua' });
    await operator.conditionsOf('rev-broken');
    expect(await outputOf(lab.run(['history', 'rev-broken']))).to.match(
      /\n\ngeneration 2 is not Ready: CompileError: rev-broken:1: .*\n$/,
    );
    expect(await outputOf(lab.run(['rollback', 'rev-broken', '--wait']))).to.equal(
      'luaplugin.luaplugin.dev/rev-broken rolled back to revision 1\n' +
        'luaplugin.luaplugin.dev/rev-broken is Ready: revision 1 (generation 1) serves\n',
    );
  });

  it('puts the script of a ConfigMap into the spec, and says so', async () => {
    const { api } = fixture.plane;
    const { namespace } = fixture;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await api.request('POST', `${rbac}/roles`, {
      metadata: { name: 'scripts' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }],
    });
    await api.request('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'scripts' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'scripts' },
      subjects: [{ kind: 'ServiceAccount', ...operatorAccount }],
    });
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await api.request('POST', path, { metadata: { name: 'scripts' }, data: { 'a.lua': script('Map') } });
    const configMapKeyRef = { namespace, name: 'scripts', key: 'a.lua' };
    await serve('rev-map', { scriptFrom: { configMapKeyRef } }, 1);
    await api.request('PATCH', `${path}/scripts`, { data: { 'a.lua': script('Changed') } });
    await serve('rev-map', { scriptFrom: { configMapKeyRef } }, 2);
    expect(await outputOf(lab.run(['rollback', 'rev-map']))).to.equal(
      'luaplugin.luaplugin.dev/rev-map rolled back to revision 1; spec.scriptFrom is gone, the script is in spec.script now\n',
    );
    const spec = await specOf('rev-map');
    expect(spec)
      .to.include({ script: script('Map') })
      .and.not.have.property('scriptFrom');
  });

  it('tells when somebody else changes the spec at the same time, and does not mind another status', async () => {
    await serve('rev-race', { script: script('One') }, 1);
    const options = { kubeconfig: fixture.plane.kubeconfigPath };
    const read = await operator.getPlugin('rev-race');
    const replace = (type: string) =>
      withCluster(options, ({ client }) =>
        replaceSpec(client, read, { ...read.spec, script: script(type) }, false),
      );
    await fixture.plane.kubectl(['label', 'luaplugin', 'rev-race', 'team=db']);
    const written = await replace('Two');
    expect(written.metadata).to.deep.include({ generation: 2, labels: { team: 'db' } });
    const failure: unknown = await replace('Three').catch((error: unknown) => error);
    expect(failure).to.have.property('exitCode', 1);
    expect(failure)
      .to.have.property('message')
      .that.matches(/^somebody else changed LuaPlugin "rev-race"/);
    expect((await specOf('rev-race')).script).to.equal(script('Two'));
  });
});
