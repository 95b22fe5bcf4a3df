import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { type ControlPlaneFixture, useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { type OperatorFixture, useOperator } from '../../support/operator.ts';

const refusedPods = (refuser: string) => `luaplugin_refused_pods{refuser="${refuser}"}`;
const refusedWrites = 'luaplugin_pod_writes_total{result="refused"}';

/** What is asked about refusals in a namespace of the tests. */
function useRefusals(fixture: ControlPlaneFixture, lab: OperatorFixture) {
  const kubectl = (...args: string[]) => fixture.plane.kubectl(args);
  return {
    apply: (...objects: object[]) =>
      fixture.plane.kubectl(['apply', '-f', '-'], {
        input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      }),
    kubectl,
    /** Makes Pods of these names. */
    create: async (prefix: string, count: number, labels: Record<string, string> = {}) => {
      const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
      for (const name of names) {
        await createPod(fixture.plane.api, { namespace: fixture.namespace, name, labels });
      }
      return names;
    },
    /** Whether a change of this Pod's annotations is refused now. */
    isRefused: async (pod: string) => {
      const args = ['annotate', 'pod', pod, '-n', fixture.namespace, '--dry-run=server', '--overwrite'];
      const { code } = await fixture.plane.kubectl([...args, `probe=${Date.now()}`], { allowFailure: true });
      return code !== 0;
    },
    annotated: async () => {
      const { stdout } = await kubectl('get', 'pods', '-n', fixture.namespace, '-o', 'json');
      const { items } = JSON.parse(stdout) as {
        items: { metadata: { name: string; annotations?: object } }[];
      };
      return items
        .filter(({ metadata }) => metadata.annotations !== undefined)
        .map(({ metadata }) => metadata.name);
    },
    /** The Event about the namespace, as core/v1 shows it. */
    event: () =>
      eventually('the Event', async () => {
        const selector = `--field-selector=reason=WriteRefused,involvedObject.name=${fixture.namespace}`;
        const { stdout } = await kubectl('get', 'events', '-n', 'default', selector, '-o', 'json');
        return JSON.parse(stdout).items[0];
      }),
    warnings: () => lab.operator.logs().filter(({ level }) => level === 'warn' || level === 'error'),
  };
}

describe('Pods whose annotations a ValidatingAdmissionPolicy refuses, on a real API server', function () {
  this.timeout(120_000);
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { apply, kubectl, create, isRefused, annotated, event, warnings } = useRefusals(fixture, lab);
  const name = `no-writes-${fixture.namespace}`;
  const refuser = `ValidatingAdmissionPolicy ${name}`;
  const version = 'admissionregistration.k8s.io/v1';

  before('have a policy refuse it for Pods with a label', async () => {
    const [probe = ''] = await create('probe', 1, { tier: 'refused' });
    await eventually('the probe to be annotated', async () => (await annotated()).length === 1);
    await apply(
      {
        apiVersion: version,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name },
        spec: {
          matchConstraints: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': fixture.namespace } },
            objectSelector: { matchLabels: { tier: 'refused' } },
            resourceRules: [
              { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'] },
            ],
          },
          validations: [{ expression: 'false', message: 'not today' }],
        },
      },
      {
        apiVersion: version,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name },
        spec: { policyName: name, validationActions: ['Deny'] },
      },
    );
    await eventually('the policy to be in force', () => isRefused(probe), { timeoutMs: 30_000 });
  });
  after(() =>
    kubectl(
      'delete',
      'validatingadmissionpolicy,validatingadmissionpolicybinding',
      name,
      '--ignore-not-found',
    ),
  );

  it('wait, and cost a write each and a line in all; who refuses is in the log, in /metrics and in an Event', async () => {
    await create('held', 20, { tier: 'refused' });
    await eventually('all to wait', async () => (await lab.metric(refusedPods(refuser))) === 20);
    expect(await lab.metric(`luaplugin_refused_namespaces{refuser="${refuser}"}`)).to.equal(1);
    expect(await event()).to.deep.include({ type: 'Warning' });
    const { involvedObject, related, message } = await event();
    expect(involvedObject).to.include({ kind: 'Namespace', name: fixture.namespace });
    expect(related).to.include({ kind: 'ValidatingAdmissionPolicy', name });
    expect(message).to.contain(refuser).and.to.contain('not today');
    expect(await lab.metric(refusedWrites)).to.be.within(20, 30);
    expect(warnings().map(({ msg }) => msg.split(':')[0])).to.deep.equal([
      `${refuser} refuses the operator's annotations on Pods`,
    ]);
  });

  it('keep no other Pod of the namespace waiting', async () => {
    const passing = await create('passing', 5);
    await eventually('the others to be annotated', async () => {
      const done = await annotated();
      return passing.every((pod) => done.includes(pod));
    });
    expect(await lab.metric(refusedPods(refuser))).to.equal(20);
  });

  it('are all annotated when one of them passed, after the policy is gone', async () => {
    await kubectl('delete', 'validatingadmissionpolicybinding', name);
    await eventually('all to be annotated', async () => (await annotated()).length === 26, {
      timeoutMs: 90_000,
    });
    expect(await lab.metric(refusedPods(refuser))).to.equal(undefined);
    expect(lab.operator.logs().map(({ level, msg }) => `${level}: ${msg}`)).to.include(
      `info: no Pod waits any more for ${refuser}, which refused the operator's annotations on Pods`,
    );
  });
});

describe('Pods of a namespace whose webhook fails, on a real API server', function () {
  this.timeout(120_000);
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { apply, kubectl, create, isRefused, annotated, event, warnings } = useRefusals(fixture, lab);
  const webhook = 'out-of-order.example.com';
  const configuration = `out-of-order-${fixture.namespace}`;
  const refuser = `admission webhook ${webhook}`;

  before('have the API server ask a webhook that nobody serves', async () => {
    const [probe = ''] = await create('probe', 1);
    await eventually('the probe to be annotated', async () => (await annotated()).length === 1);
    await apply({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: configuration },
      webhooks: [
        {
          name: webhook,
          admissionReviewVersions: ['v1'],
          // The probe is a dry run, which a webhook with side effects would refuse for a reason of its own.
          sideEffects: 'None',
          failurePolicy: 'Fail',
          timeoutSeconds: 1,
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': fixture.namespace } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods'] }],
          clientConfig: { url: `https://127.0.0.1:${await freePort()}/validate` },
        },
      ],
    });
    await eventually('the webhook to be asked', () => isRefused(probe), { timeoutMs: 30_000 });
  });
  after(() => kubectl('delete', 'validatingwebhookconfiguration', configuration, '--ignore-not-found'));

  it('are tried by 50 and some, the others wait untried; one line in the log and an Event name the webhook', async () => {
    await create('web', 150);
    await eventually('all to wait', async () => (await lab.metric(refusedPods(refuser))) === 150);
    expect(await lab.metric(refusedWrites)).to.be.within(50, 110);
    expect((await event()).message)
      .to.contain(refuser)
      .and.to.contain('failed calling webhook');
    expect(warnings().map(({ msg }) => msg.split(':')[0])).to.deep.equal([
      `${refuser} refuses the operator's annotations on Pods`,
    ]);
  });

  it('are all annotated once the webhook is gone', async () => {
    await kubectl('delete', 'validatingwebhookconfiguration', configuration);
    await eventually('all to be annotated', async () => (await annotated()).length === 151, {
      timeoutMs: 90_000,
    });
    expect(await lab.metric('luaplugin_pod_writes_total{result="error"}')).to.equal(0);
  });
});
