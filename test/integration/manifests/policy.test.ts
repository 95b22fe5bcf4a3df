import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config/config.ts';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import {
  AnnotationKeys,
  annotationsFor,
  noAnnotations,
} from '../../../operator/pods/annotations/annotations.ts';
import { mirroredAttributes } from '../../../operator/pods/annotations/mirror.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { configDirectory, manifest, render } from '../../support/manifests.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';
import { fencedBlock } from '../../support/pages.ts';

const execute = promisify(execFile);

const user = `system:serviceaccount:${operatorAccount.namespace}:${operatorAccount.name}`;
/** The operator's name with every right there is, so that nothing but the policy can refuse. */
const asOperator = [`--as=${user}`, '--as-group=system:masters'];
const policyName = 'lua-plugin-operator-pods';

describe("config/policy, whatever rights the operator's token has", () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const own = {
    'luaplugin.dev/workload-type': 'Job',
    'luaplugin.dev/workload-name': 'j',
    'luaplugin.dev/resolved-by': 'standard',
  };
  const foreign = { 'example.com/team': 'shop', 'luaplugin.dev/other': "not the operator's" };

  const run = (args: readonly string[], as: readonly string[]) =>
    fixture.plane.kubectl(['-n', namespace, ...as, ...args], { allowFailure: true });
  const patch = (body: object, { as = asOperator, subresource = '', type = 'strategic' } = {}) =>
    run(
      [
        'patch',
        'pod',
        'web',
        `--type=${type}`,
        '-p',
        JSON.stringify(body),
        ...(subresource === '' ? [] : [`--subresource=${subresource}`]),
      ],
      as,
    );
  const annotate = (annotations: Readonly<Record<string, string | null>>, as = asOperator) =>
    patch({ metadata: { annotations } }, { as });

  before(async () => {
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    await fixture.plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: 'web', labels: { app: 'web' }, annotations: foreign },
      spec: { containers: [{ name: 'main', image: 'pause:3.10', resources: { requests: { cpu: '100m' } } }] },
    });
    await fixture.plane.kubectl(['apply', '-k', configDirectory('policy')]);
    await eventually(
      'the policy to be in force',
      async () => (await annotate({ probe: String(Date.now()) })).code !== 0,
    );
  });
  after(() => fixture.plane.kubectl(['delete', '-k', configDirectory('policy')]));

  it('passes what the operator writes: its annotations put on, changed and taken off', async () => {
    const client = new PooledKubeClient({
      kubeConfig: loadKubeConfig({ path: await fixture.plane.serviceAccountKubeconfig(operatorAccount) }),
      version: 'test',
    });
    try {
      const { metadata } = await createPod(fixture.plane.api, { namespace, name: 'written' });
      const writer = new PodWriter({
        client,
        keys: new AnnotationKeys('luaplugin.dev'),
        limiter: { take: () => Promise.resolve() },
        onWrite: () => {},
      });
      const pod = { namespace, name: 'written', uid: metadata.uid };
      for (const annotations of [
        annotationsFor({ type: 'Job', name: 'j' }, 'standard'),
        annotationsFor({ type: 'CronJob', name: 'k' }, 'LuaPlugin/p'),
      ]) {
        const written = await writer.write(pod, annotations);
        expect(written).to.have.deep.nested.property(
          'metadata.annotations',
          new AnnotationKeys('luaplugin.dev').patch(annotations),
        );
      }
      const cleared = await writer.write(pod, noAnnotations);
      expect(cleared).not.to.have.nested.property('metadata.annotations');
    } finally {
      await client.close();
    }
  });

  it("is found in force by docs/administration.md's commands, which need no Pod, and not when it only audits", async () => {
    const block = await fencedBlock('docs/administration.md', 'sh', 'policy-check');
    const { kubectlPath, kubeconfigPath: KUBECONFIG } = fixture.plane;
    const env = { PATH: `${dirname(kubectlPath)}:${process.env.PATH}`, KUBECONFIG };
    const check = () =>
      execute('bash', ['-euo', 'pipefail', '-c', block], { env }).then(
        () => 0,
        ({ code }: { code: number }) => code,
      );
    const act = (action: string) =>
      fixture.plane.kubectl([
        'patch',
        'validatingadmissionpolicybinding',
        policyName,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { validationActions: [action] } }),
      ]);
    expect(await check()).to.equal(0);
    try {
      await act('Audit');
      await eventually('the check to fail', async () => (await check()) === 1);
    } finally {
      await act('Deny');
      await eventually('the policy to be in force again', async () => (await check()) === 0);
    }
  });

  it("passes the operator's annotations on a Pod that carries others'", async () => {
    expect(await annotate(own)).to.deep.include({ code: 0 });
    expect(await annotate({ 'luaplugin.dev/resolved-by': null })).to.deep.include({ code: 0 });
  });

  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'web', uid: '00000000-0000-4000-8000-000000000000' };
  for (const [what, body, message] of [
    [
      'another annotation',
      { metadata: { annotations: { note: 'x' } } },
      'no annotation of a Pod but its own',
    ],
    [
      'another annotation along with its own',
      { metadata: { annotations: { ...own, note: 'x' } } },
      'no annotation of a Pod but its own',
    ],
    [
      'another key of its own prefix',
      { metadata: { annotations: { 'luaplugin.dev/other': 'mine' } } },
      'no annotation of a Pod but its own',
    ],
    [
      "the removal of somebody's annotation",
      { metadata: { annotations: { 'example.com/team': null } } },
      'no annotation of a Pod but its own',
    ],
    [
      'the removal of all annotations',
      { metadata: { annotations: null } },
      'no annotation of a Pod but its own',
    ],
    ['a label', { metadata: { labels: { app: 'stolen' } } }, 'no label of a Pod'],
    ['its own keys as labels', { metadata: { labels: own } }, 'no label of a Pod'],
    ['the removal of all labels', { metadata: { labels: null } }, 'no label of a Pod'],
    ['a finalizer', { metadata: { finalizers: ['example.com/stay'] } }, 'no finalizer, owner'],
    ['an owner reference', { metadata: { ownerReferences: [owner] } }, 'no finalizer, owner'],
    ['the image', { spec: { containers: [{ name: 'main', image: 'evil' }] } }, 'nothing in the spec'],
    ['a deadline', { spec: { activeDeadlineSeconds: 1 } }, 'nothing in the spec'],
  ] as const) {
    it(`refuses it ${what}`, async () => {
      const { code, stderr } = await patch(body);
      expect(stderr).to.contain(`ValidatingAdmissionPolicy '${policyName}'`).and.to.contain(message);
      expect(code).to.equal(1);
    });
  }

  const resources = { containers: [{ name: 'main', resources: { requests: { cpu: '200m' } } }] };
  const ephemeral = { ephemeralContainers: [{ name: 'spy', image: 'evil' }] };
  for (const [subresource, body] of [
    ['status', { status: { message: 'all is well' } }],
    ['resize', { spec: resources }],
    ['ephemeralcontainers', { spec: ephemeral }],
  ] as const) {
    it(`refuses it the subresource ${subresource}`, async () => {
      const { code, stderr } = await patch(body, { subresource });
      expect(stderr).to.contain(`ValidatingAdmissionPolicy '${policyName}'`).and.to.contain('subresources');
      expect(code).to.equal(1);
    });
  }

  it('refuses it to create a Pod, to delete one or several, to evict one, and to run something in one', async () => {
    const eviction = JSON.stringify({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'web', namespace },
    });
    const evict = ['create', '--raw', `/api/v1/namespaces/${namespace}/pods/web/eviction`, '-f', '-'];
    const attempts = {
      create: run(['run', 'mine', '--image=evil'], asOperator),
      delete: run(['delete', 'pod', 'web', '--wait=false'], asOperator),
      'delete all': run(['delete', 'pod', '--all', '--wait=false'], asOperator),
      evict: fixture.plane.kubectl([...evict, ...asOperator], { input: eviction, allowFailure: true }),
      exec: run(['exec', 'web', '--', 'true'], asOperator),
    };
    for (const [attempt, result] of Object.entries(attempts)) {
      const { code, stderr } = await result;
      expect(stderr, attempt).to.contain(`ValidatingAdmissionPolicy '${policyName}'`);
      expect(code, attempt).to.equal(1);
    }
    expect((await run(['get', 'pod', 'web'], [])).code).to.equal(0);
  });

  it('lets everybody else do all of that', async () => {
    const others = ['--as=system:serviceaccount:luaplugin-system:another', '--as-group=system:masters'];
    for (const body of [
      { metadata: { labels: { app: 'renamed' }, annotations: { note: 'x', 'example.com/team': null } } },
      { metadata: { annotations: { 'luaplugin.dev/workload-name': 'by hand' } } },
      { spec: { containers: [{ name: 'main', image: 'better' }] } },
    ]) {
      expect(await patch(body, { as: others })).to.deep.include({ code: 0 });
    }
    const status = { status: { message: 'all is well' } };
    expect(await patch(status, { as: others, subresource: 'status' })).to.deep.include({ code: 0 });
    expect(await run(['delete', 'pod', 'web', '--wait=false'], others)).to.deep.include({ code: 0 });
  });
});

describe("config/policy, where the operator's config has something mirrored", () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const labels = { 'luaplugin.dev/workload-type': 'Job', 'luaplugin.dev/workload-name': 'j' };
  const attribute = (name: string) => `resource.opentelemetry.io/${name}`;

  const patch = (metadata: object) =>
    fixture.plane.kubectl(
      ['patch', 'pod', 'web', '-n', namespace, '-p', JSON.stringify({ metadata }), ...asOperator],
      { allowFailure: true },
    );
  const passes = async (metadata: object) => (await patch(metadata)).code === 0;

  before(async () => {
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
    await fixture.plane.api.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: {
        name: 'web',
        labels: { app: 'web', 'luaplugin.dev/other': 'x' },
        annotations: { [attribute('service.name')]: 'shop' },
      },
      spec: { containers: [{ name: 'main', image: 'pause:3.10' }] },
    });
    const kinds = ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'];
    const items = (await render(fixture.plane, 'deepflow')).filter(({ kind }) => kinds.includes(kind));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await fixture.plane.kubectl(['apply', '-f', '-'], { input });
    // Another value each time: the policy lets a write through that changes nothing.
    await eventually(
      'the policy to be in force',
      async () => !(await passes({ labels: { probe: String(Date.now()) } })),
    );
  });
  after(() => fixture.plane.kubectl(['delete', '-k', configDirectory('policy')]));

  it('passes the labels that config/deepflow has mirrored: put on, changed and taken off', async () => {
    for (const change of [
      labels,
      { ...labels, 'luaplugin.dev/workload-name': 'k' },
      { 'luaplugin.dev/workload-name': null },
      { 'luaplugin.dev/workload-type': null },
    ]) {
      expect(await patch({ labels: change })).to.deep.include({ code: 0 });
    }
  });

  for (const [what, metadata, message] of [
    ['another label', { labels: { app: 'stolen' } }, 'no label of a Pod but'],
    ['another label along with its own', { labels: { ...labels, tier: 'x' } }, 'no label of a Pod but'],
    ['resolved-by as a label', { labels: { 'luaplugin.dev/resolved-by': 'x' } }, 'no label of a Pod but'],
    ['its keys under another prefix', { labels: { 'x.dev/workload-type': 'Job' } }, 'no label of a Pod but'],
    ["the removal of somebody's label", { labels: { 'luaplugin.dev/other': null } }, 'no label of a Pod but'],
    ['the removal of all labels', { labels: null }, 'no label of a Pod but'],
    [
      'annotations of OpenTelemetry, which this config has not',
      { annotations: { [attribute('k8s.job.name')]: 'j' } },
      'no annotation of a Pod but',
    ],
  ] as const) {
    it(`refuses it ${what}`, async () => {
      const { code, stderr } = await patch(metadata);
      expect(stderr).to.contain(`ValidatingAdmissionPolicy '${policyName}'`).and.to.contain(message);
      expect(code).to.equal(1);
    });
  }

  it('passes the annotations of OpenTelemetry that the operator knows, where its variable says so', async () => {
    const change = [{ op: 'replace', path: '/spec/variables/1/expression', value: "['openTelemetry']" }];
    const target = ['validatingadmissionpolicy', policyName];
    await fixture.plane.kubectl(['patch', ...target, '--type=json', '-p', JSON.stringify(change)]);
    const all = mirroredAttributes.map((name) => [attribute(name), 'x']);
    const annotations = Object.fromEntries(all);
    await eventually('the policy to follow', () => passes({ annotations }));
    const none = Object.fromEntries(all.map(([key]) => [key, null]));
    expect(await patch({ annotations: none })).to.deep.include({ code: 0 });
    for (const refused of [
      { annotations: { [attribute('service.name')]: 'mine' } },
      { annotations: { [attribute('service.name')]: null } },
      { annotations: { [attribute('k8s.pod.name')]: 'x' } },
      { labels },
    ]) {
      expect(await patch(refused), JSON.stringify(refused)).to.deep.include({ code: 1 });
    }
  });
});

describe('config/policy in the installs', () => {
  const fixture = useControlPlane();

  for (const folder of ['default', 'cert-manager', 'daemonset', 'deepflow']) {
    it(`config/${folder} has it, for the service account, prefix and mirror of that install`, async () => {
      const manifests = await render(fixture.plane, folder);
      const { spec } = Object(manifest(manifests, 'ValidatingAdmissionPolicy', policyName));
      const account = manifest(manifests, 'ServiceAccount', operatorAccount.name);
      const name = `system:serviceaccount:${account.metadata.namespace}:${account.metadata.name}`;
      expect(spec.matchConditions[0].expression).to.equal(`request.userInfo.username == '${name}'`);
      const { annotationPrefix, mirror } = await loadConfig(
        configDirectory(`${folder === 'default' ? 'base' : folder}/operator-config.yaml`),
        { nodeName: 'n' },
      );
      const mirrored = Object.entries(mirror).flatMap(([what, isOn]) => (isOn ? [`'${what}'`] : []));
      expect(spec.variables.slice(0, 2)).to.deep.equal([
        { name: 'prefix', expression: `'${annotationPrefix}'` },
        { name: 'mirror', expression: `[${mirrored.join(', ')}]` },
      ]);
      const binding = manifest(manifests, 'ValidatingAdmissionPolicyBinding', policyName);
      expect(Object(binding).spec).to.deep.equal({
        policyName,
        validationActions: ['Deny', 'Audit'],
      });
    });
  }
});
