import { expect } from 'chai';
import { ConfiguredKinds, type ResourceEntry } from '../../../operator/workloads/kind-rules.ts';
import { resolveStandard } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod } from '../support/builders.ts';

/** A cluster that serves Widgets and DeploymentConfigs until told otherwise. */
function setUp(entries: readonly Partial<ResourceEntry>[]) {
  const served = new Map([['example.com/v1 Widget', 'widgets']]);
  const groups = new Set(['']);
  const missing: string[] = [];
  const resources = entries.map(({ group, name = '', disabled = false, type }) => ({
    group,
    name,
    disabled,
    type,
  }));
  const kinds = new ConfiguredKinds({
    resources,
    missing: { add: (what) => missing.push(what) },
    discovery: {
      resourceFor: (apiVersion, kind) => {
        const resource = served.get(`${apiVersion} ${kind}`);
        const group = apiVersion.split('/')[0] ?? '';
        return Promise.resolve(
          resource === undefined ? undefined : { resource, group, namespaced: true, path: () => '' },
        );
      },
      servedGroups: () => Promise.resolve(groups),
    },
  });
  const ruleOf = (apiVersion: string, kind: string) => kinds.ruleOf({ apiVersion, kind });
  return { kinds, ruleOf, served, groups, missing };
}

const stop = { isWorkload: true, chain: 'stop', isFinal: true };
const follow = { isWorkload: true, chain: 'follow', isFinal: true };
const passedBy = { isWorkload: false, chain: 'follow', isFinal: true };

describe("the config's resources", () => {
  it('switch a custom resource on by one line: its kind is a workload, and is not read', async () => {
    const { ruleOf } = setUp([{ name: 'widgets' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...stop, type: 'Widget' });
  });

  it('give it another type', async () => {
    const { ruleOf } = setUp([{ name: 'widgets', group: 'example.com', type: 'Deployment' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...stop, type: 'Deployment' });
  });

  it('leave the same name in another group alone', async () => {
    const { ruleOf } = setUp([{ name: 'widgets', group: 'other.com', type: 'Deployment' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...follow, type: 'Widget' });
  });

  it('keep their answer when the CRD is gone', async () => {
    const { ruleOf, served } = setUp([{ name: 'widgets', type: 'Deployment' }]);
    const before = await ruleOf('example.com/v1', 'Widget');
    served.clear();
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal(before);
  });

  it('give a built-in kind another type, served or not, and still follow a helper', async () => {
    const { ruleOf } = setUp([
      { name: 'clonesets', type: 'Deployment' },
      { name: 'jobs', group: 'batch', type: 'Batch' },
    ]);
    expect(await ruleOf('apps.kruise.io/v1alpha1', 'CloneSet')).to.deep.equal({
      ...stop,
      type: 'Deployment',
    });
    expect(await ruleOf('batch/v1', 'Job')).to.deep.equal({ ...follow, type: 'Batch' });
    expect(await ruleOf('batch.volcano.sh/v1alpha1', 'Job')).to.deep.equal({ ...follow, type: 'Job' });
  });

  it('let the entry with a group win over the one without', async () => {
    const { ruleOf } = setUp([
      { name: 'statefulsets', disabled: true },
      { name: 'statefulsets', group: 'apps.kruise.io' },
    ]);
    expect(await ruleOf('apps.kruise.io/v1beta1', 'StatefulSet')).to.deep.equal({
      ...stop,
      type: 'StatefulSet',
    });
    expect(await ruleOf('apps/v1', 'StatefulSet')).to.deep.equal({ ...passedBy, type: 'StatefulSet' });
  });

  const web = makePod({
    name: 'web-7d4b9-x',
    ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'web-7d4b9')],
  });
  const deployment = makeOwner('apps/v1', 'Deployment', 'web');
  const kafka = makeOwner('kafka.strimzi.io/v1', 'Kafka', 'events');
  const ownersOf = (above: typeof kafka | undefined) => ({
    controllerOf: ({ kind }: { kind: string }) =>
      Promise.resolve({
        controller: kind === 'ReplicaSet' ? deployment : kind === 'Deployment' ? above : undefined,
        isFinal: true,
      }),
  });

  it('pass a disabled resource by: what is above it counts', async () => {
    const { kinds } = setUp([{ name: 'deployments', disabled: true }]);
    const workload = await resolveStandard(web.metadata, ownersOf(kafka), kinds);
    expect(workload).to.deep.equal({ type: 'Kafka', name: 'events', isFinal: true });
  });

  it('fall back to the kind below a disabled resource that nothing is above', async () => {
    const { kinds } = setUp([{ name: 'deployments', disabled: true }]);
    const workload = await resolveStandard(web.metadata, ownersOf(undefined), kinds);
    expect(workload).to.deep.equal({ type: 'ReplicaSet', name: 'web-7d4b9', isFinal: true });
  });

  it('fall back to the Pod itself when all its owners are disabled', async () => {
    const { kinds } = setUp([
      { name: 'deployments', disabled: true },
      { name: 'replicasets', disabled: true },
    ]);
    const workload = await resolveStandard(web.metadata, ownersOf(undefined), kinds);
    expect(workload).to.deep.equal({ type: 'Pod', name: 'web-7d4b9-x', isFinal: true });
  });
});

describe('the rules without a config', () => {
  it('follow a ReplicationController only while DeploymentConfigs are served, and wait for them', async () => {
    const { ruleOf, groups, missing } = setUp([]);
    const type = 'ReplicationController';
    expect(await ruleOf('v1', type)).to.deep.equal({ ...stop, type, isFinal: false });
    expect(missing).to.deep.equal(['API group apps.openshift.io']);
    groups.add('apps.openshift.io');
    expect(await ruleOf('v1', type)).to.deep.equal({ ...follow, type });
    groups.clear();
    expect(await ruleOf('v1', type), 'the answer stays when the group goes').to.deep.equal({
      ...follow,
      type,
    });
  });

  it('read no kind of the core group but the known ones: nobody should grant get on Secrets for a Pod', async () => {
    const { ruleOf } = setUp([]);
    expect(await ruleOf('v1', 'Secret')).to.deep.equal({ ...stop, type: 'Secret' });
    expect(await ruleOf('v1', 'Pod')).to.deep.equal({ ...follow, type: 'Pod' });
  });
});
