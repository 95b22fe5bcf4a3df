import { expect } from 'chai';
import { createDeployment, createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';
import { claims, outputOf, useLuapluginOn } from './on-cluster.ts';

/** The parts of -o json that the tests look at. */
interface Explanation {
  readonly plugins: readonly {
    readonly name: string;
    readonly revision?: number;
    readonly result: string;
    readonly type?: string;
    readonly seconds?: number;
    readonly note?: string;
  }[];
  readonly standard: {
    readonly type: string;
    readonly name: string;
    readonly owners: readonly { readonly kind: string; readonly name: string }[];
    readonly end: string;
  };
  readonly annotations: readonly {
    readonly key: string;
    readonly value: string;
    readonly writtenBy?: string;
  }[];
  readonly verdict: { readonly asExpected: boolean; readonly message: string };
}

describe('luaplugin explain pod', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture);
  const lab = useLuapluginOn(fixture);
  const { namespace } = fixture;

  const carries = (pod: string, workload: string) =>
    eventually(`Pod ${pod} to carry "${workload}"`, async () => {
      expect(await operator.workloadOf(pod)).to.equal(workload);
      return true;
    });
  const explain = async (pod: string, ...words: string[]) => {
    const text = await outputOf(lab.run(['explain', 'pod', `${namespace}/${pod}`, '-o', 'json', ...words]));
    return JSON.parse(text) as Explanation;
  };
  const kubectl = (...words: string[]) => fixture.plane.kubectl(words);

  it('tells in order what each plugin said, and why others were not asked', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'exa-0' });
    await operator.applyPlugin('exp-other', { script: claims('nobody', 'X'), priority: 50 });
    await operator.applyPlugin('exp-dry', { script: claims('exa', 'Tried'), priority: 40, mode: 'DryRun' });
    await operator.applyPlugin('exp-errs', {
      script: 'function GetWorkloadTypeAndName()\n  error("no idea")\nend',
      priority: 30,
    });
    await operator.applyPlugin('exp-wins', { script: claims('exa', 'Won'), priority: 20 });
    await operator.applyPlugin('exp-late', { script: claims('exa', 'Late'), priority: 10 });
    await operator.applyPlugin('exp-off', { script: claims('exa', 'Off'), priority: 90, suspend: true });
    const match = { namespaces: { include: [namespace] }, podSelector: { matchLabels: { app: 'x' } } };
    await operator.applyPlugin('exp-unmatched', { script: claims('exa', 'No'), priority: 80, match });
    await carries('exa-0', 'Won exa-0 by LuaPlugin/exp-wins');
    for (const name of ['exp-other', 'exp-dry', 'exp-errs', 'exp-late']) {
      await kubectl('wait', '--for=condition=Ready', `luaplugin/${name}`, '--timeout=2m');
    }

    const { plugins, verdict, annotations, standard } = await explain('exa-0');
    const said = plugins.map(({ name, result, note = '' }) => `${name} ${result} ${note}`.trim());
    expect(said).to.deep.equal([
      'exp-off not-asked suspended (spec.suspend)',
      'exp-unmatched not-asked spec.match.podSelector leaves this Pod out',
      'exp-other skipped',
      'exp-dry resolved DryRun, so it decides nothing',
      'exp-errs error runtime: exp-errs:2: no idea',
      'exp-wins resolved',
      'exp-late not-asked exp-wins had decided before',
    ]);
    expect(plugins[5]).to.include({ revision: 1, type: 'Won' });
    expect(plugins[5]?.seconds).to.be.greaterThan(0);
    expect(standard).to.deep.include({ type: 'Pod', name: 'exa-0', owners: [] });
    expect(annotations.map(({ key, value, writtenBy }) => [key, value, writtenBy])).to.deep.equal([
      ['luaplugin.dev/workload-type', 'Won', 'lua-plugin-operator'],
      ['luaplugin.dev/workload-name', 'exa-0', 'lua-plugin-operator'],
      ['luaplugin.dev/resolved-by', 'LuaPlugin/exp-wins', 'lua-plugin-operator'],
    ]);
    expect(verdict).to.deep.equal({
      asExpected: true,
      message: 'it carries Won exa-0 by LuaPlugin/exp-wins',
    });

    const text = await outputOf(lab.run(['explain', 'pod', 'exa-0', '-n', namespace]));
    expect(text).to.match(/^exp-wins +20 +1 +Won exa-0 +\d/m);
    expect(text).to.match(/\nAs expected: it carries Won exa-0 by LuaPlugin\/exp-wins\n$/);
  });

  it('walks along the owners', async () => {
    const { pods } = await createDeployment(fixture.plane.api, { namespace, name: 'exweb' });
    const name = pods[0]?.metadata.name ?? '';
    await carries(name, 'Deployment exweb by standard');
    const { standard, verdict } = await explain(name);
    expect(standard.owners.map(({ kind }) => kind)).to.deep.equal(['ReplicaSet', 'Deployment']);
    expect(standard).to.include({ type: 'Deployment', name: 'exweb', end: 'Deployment is a workload' });
    expect(verdict.asExpected).to.equal(true);
  });

  it('asks the revision that serves when the latest generation is broken', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'exbroken-0' });
    await operator.applyPlugin('exp-broken', { script: claims('exbroken', 'Good') });
    await carries('exbroken-0', 'Good exbroken-0 by LuaPlugin/exp-broken');
    await eventually('the revision to be kept', async () =>
      (await outputOf(lab.run(['history', 'exp-broken']))).includes('yes'),
    );
    await operator.applyPlugin('exp-broken', { script: 'no lua' });
    await operator.conditionsOf('exp-broken');
    const { plugins, verdict } = await explain('exbroken-0');
    const line = plugins.find(({ name }) => name === 'exp-broken');
    expect(line).to.include({ result: 'resolved', type: 'Good', revision: 1 });
    expect(line?.note).to.match(/^generation 2: CompileError: .*; revision 1 goes on serving$/);
    expect(verdict.asExpected).to.equal(true);
  });

  it('keeps what a plugin said that fails on the Pod now', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'exkept-0' });
    await operator.applyPlugin('exp-kept', { script: claims('exkept', 'Kept') });
    await carries('exkept-0', 'Kept exkept-0 by LuaPlugin/exp-kept');
    await operator.applyPlugin('exp-kept', { script: 'function GetWorkloadTypeAndName() error("oh") end' });
    await kubectl('wait', '--for=condition=Ready', 'luaplugin/exp-kept', '--timeout=2m');
    await eventually(
      'the new revision to serve',
      async () => (await operator.getPlugin('exp-kept')).status?.activeRevision?.number === 2,
    );
    const { verdict } = await explain('exkept-0');
    expect(verdict.asExpected).to.equal(true);
    expect(verdict.message).to.match(/^Kept exkept-0 by LuaPlugin\/exp-kept stays: /);
  });

  it('tells who wrote something else onto a Pod, and what it should carry', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'exodd-0' });
    await carries('exodd-0', 'Pod exodd-0 by standard');
    await operator.operator.stop();
    await kubectl(
      'annotate',
      '-n',
      namespace,
      'pod/exodd-0',
      '--overwrite',
      'luaplugin.dev/workload-type=Mine',
    );
    const { verdict } = await explain('exodd-0');
    expect(verdict.asExpected).to.equal(false);
    expect(verdict.message).to.match(
      /^it carries Mine exodd-0 by standard, and should carry Pod exodd-0 by standard: kubectl-annotate wrote luaplugin\.dev\/workload-type at /,
    );
    await createPod(fixture.plane.api, { namespace, name: 'exodd-1' });
    const other = await explain('exodd-1');
    expect(other.verdict.message).to.match(/^it carries no workload, and should carry .*is it running/);
    await operator.restart();
  });

  it("heeds the operator's config", async () => {
    await createPod(fixture.plane.api, { namespace, name: 'exconf-0' });
    await carries('exconf-0', 'Pod exconf-0 by standard');
    const head = 'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n';
    await lab.write('config.yaml', `${head}namespaces: { exclude: [${namespace}] }\n`);
    const { verdict } = await explain('exconf-0', '--config', 'config.yaml');
    expect(verdict.message).to.match(/leaves the namespace .* out/);
    await lab.write('bad-config.yaml', `${head}foo: 1\n`);
    const { code, stderr } = await lab.run(['explain', 'pod', 'exconf-0', '--config', 'bad-config.yaml']);
    expect(stderr).to.match(/^luaplugin: bad-config\.yaml: /);
    expect(code).to.equal(2);
  });

  it('says that a finished Pod is left out where the config says so', async () => {
    await operator.operator.stop();
    await createPod(fixture.plane.api, { namespace, name: 'exdone-0' });
    const status = ['--subresource=status', '--type=merge', '-p', '{"status":{"phase":"Succeeded"}}'];
    await kubectl('patch', '-n', namespace, 'pod/exdone-0', ...status);
    const head = 'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n';
    await lab.write('skipping.yaml', `${head}skipFinishedPods: true\n`);
    const { verdict } = await explain('exdone-0', '--config', 'skipping.yaml');
    expect(verdict.asExpected).to.equal(true);
    expect(verdict.message).to.match(/should carry .*; it has finished, .*skipFinishedPods/);
    expect((await explain('exdone-0')).verdict.message).to.match(/: it has finished, .*--config/);
    await operator.restart();
  });

  it('names who refuses the writes to Pods of the namespace', async () => {
    const name = `explain-${namespace}`;
    const version = 'admissionregistration.k8s.io/v1';
    const kind = 'ValidatingAdmissionPolicy';
    const match = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      objectSelector: { matchLabels: { tier: 'refused' } },
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'] }],
    };
    const items = [
      {
        apiVersion: version,
        kind,
        metadata: { name },
        spec: { matchConstraints: match, validations: [{ expression: 'false' }] },
      },
      {
        apiVersion: version,
        kind: `${kind}Binding`,
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      },
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await fixture.plane.kubectl(['apply', '-f', '-'], { input });
    const labels = { tier: 'refused' };
    await createPod(fixture.plane.api, { namespace, name: 'exprobe-0', labels });
    await eventually('the policy to be in force', async () => {
      const change = ['annotate', 'pod/exprobe-0', '-n', namespace, '--dry-run=server', `at=${Date.now()}`];
      return (await fixture.plane.kubectl(change, { allowFailure: true })).code !== 0;
    });
    await createPod(fixture.plane.api, { namespace, name: 'exheld-0', labels });
    await eventually('the refusal to be told', async () => {
      const { verdict } = await explain('exheld-0');
      expect(verdict.message).to.contain(`: ${kind} ${name} refuses the operator's annotations on Pods`);
      return true;
    });
    await kubectl('delete', `${kind},${kind}Binding`, name);
  });

  it('ends with exit code 1 for a Pod that is not there, and 2 for what can be no Pod', async () => {
    const missing = await lab.run(['explain', 'pod', `${namespace}/nobody`]);
    expect(missing.stderr).to.equal(
      `luaplugin: there is no Pod "nobody" in the namespace ${namespace}; write it as NAMESPACE/NAME\n`,
    );
    expect(missing.code).to.equal(1);
    for (const words of [
      ['pod', 'a/b/c'],
      ['pod', 'A_b'],
      ['pod', 'a/b', '-n', 'c'],
      ['node', 'a'],
    ]) {
      expect((await lab.run(['explain', ...words])).code).to.equal(2);
    }
  });
});
