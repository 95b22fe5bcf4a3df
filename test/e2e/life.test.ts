import { expect } from 'chai';
import { createPod } from '../cluster/workloads.ts';
import { useWebhook } from '../integration/admission/lab.ts';
import { outputOf, useLuapluginOn } from '../integration/luaplugin/on-cluster.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { refusedCalls } from './observe.ts';

/** A script, with a test of its own, that gives every Pod of the namespace this type. */
function specOf(type: string, namespace: string) {
  return {
    match: { namespaces: { include: [namespace] } },
    script: `function GetWorkloadTypeAndName(text)\n  return "${type}", "ledger"\nend\n`,
    tests: [{ name: 'any Pod', metadata: { name: 'a' }, expect: { type, name: 'ledger' } }],
  };
}

/** The steps follow each other: each begins where the one before it ended. */
describe('the life of a plugin, with kubectl', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useWebhook(fixture, [namespace]);
  const luaplugin = useLuapluginOn(fixture);

  const kubectl = async (...args: string[]) => (await fixture.plane.kubectl(args)).stdout;
  const apply = async (name: string, spec: Readonly<Record<string, unknown>>) => {
    const { code, stderr } = await lab.apply(name, spec);
    if (code !== 0) throw new Error(stderr);
  };
  const waitFor = (what: string, holds: string) => kubectl('wait', `--for=${holds}`, what, '--timeout=2m');
  const podSays = (type: string) => {
    const path = '{.metadata.annotations.luaplugin\\.dev/workload-type}';
    return kubectl('wait', `--for=jsonpath=${path}=${type}`, 'pod/ledger-0', '-n', namespace, '--timeout=2m');
  };

  before('have a Pod, and have the API server ask the webhook', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'ledger-0' });
    await lab.register();
  });

  it('is refused while its script does not compile: kubectl names the line', async () => {
    await eventually('the webhook to refuse it', async () => {
      const script = 'function GetWorkloadTypeAndName(text)\n  return "Job" "x"\nend\n';
      const { code, stderr } = await lab.apply('life', { script }, '--dry-run=server');
      expect(stderr).to.contain("life:2: 'end' expected");
      return code === 1;
    });
  });

  it('begins when kubectl wait says that it is ready, and its Pod carries the workload', async () => {
    await podSays('Pod');
    await apply('life', specOf('One', namespace));
    await waitFor('luaplugin/life', 'condition=Ready');
    await podSays('One');
  });

  it('can be tried out in DryRun: the status shows the Pod before and after, which stays as it is', async () => {
    await apply('life-next', { ...specOf('Two', namespace), mode: 'DryRun', priority: 1 });
    await waitFor('luaplugin/life-next', 'jsonpath={.status.dryRun.podsChanging}=1');
    const example =
      '-o=jsonpath={.status.dryRun.examples[0].before.type} {.status.dryRun.examples[0].after.type}';
    expect(await kubectl('get', 'luaplugin', 'life-next', example)).to.equal('One Two');
    await podSays('One');
    await kubectl('delete', 'luaplugin', 'life-next');
  });

  it('changes as a new revision', async () => {
    await apply('life', specOf('Two', namespace));
    await podSays('Two');
    await waitFor('luaplugin/life', 'jsonpath={.status.activeRevision.number}=2');
  });

  it('goes on with its last good revision when a change that fails its tests gets past the webhook', async () => {
    await kubectl('delete', 'validatingwebhookconfiguration', 'lua-plugin-operator');
    const broken = { ...specOf('Three', namespace), tests: specOf('Four', namespace).tests };
    // The API server asks a webhook a moment longer than it is there.
    await eventually('it to be taken', async () => (await lab.apply('life', broken)).code === 0);
    await waitFor('luaplugin/life', 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=TestsFailed');
    await waitFor('luaplugin/life', 'condition=Stalled');
    await waitFor('luaplugin/life', 'condition=Serving');
    await podSays('Two');
  });

  it('has a history, in which two revisions can be compared', async () => {
    await eventually('both revisions to be kept', async () => {
      const { revisions } = JSON.parse(await outputOf(luaplugin.run(['history', 'life', '-o', 'json'])));
      return revisions.length === 2;
    });
    const diff = await outputOf(luaplugin.run(['diff', 'life', '--from', '1', '--to', '2']));
    expect(diff).to.contain('-  return "One", "ledger"').and.to.contain('+  return "Two", "ledger"');
  });

  it('is rolled back to a revision, and ready again', async () => {
    await outputOf(luaplugin.run(['rollback', 'life', '--to', '1']));
    await podSays('One');
    await waitFor('luaplugin/life', 'condition=Ready');
  });

  it('explains why its Pod carries what it does', async () => {
    const text = await outputOf(luaplugin.run(['explain', 'pod', `${namespace}/ledger-0`]));
    expect(text).to.contain('life').and.to.contain('One');
  });

  it('leaves its Pod to standard resolution while it is suspended, and when it is deleted', async () => {
    await kubectl('patch', 'luaplugin', 'life', '--type=merge', '-p={"spec":{"suspend":true}}');
    await podSays('Pod');
    await kubectl('patch', 'luaplugin', 'life', '--type=merge', '-p={"spec":{"suspend":false}}');
    await podSays('One');
    await kubectl('delete', 'luaplugin', 'life');
    await podSays('Pod');
  });

  it('took no right that the operator does not have', async () => {
    expect(await refusedCalls(lab.operator.url)).to.deep.equal([]);
  });
});
