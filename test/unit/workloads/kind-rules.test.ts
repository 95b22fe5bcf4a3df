import { expect } from 'chai';
import { ConfiguredKinds, type ResourceEntry } from '../../../operator/workloads/kind-rules.ts';
import { resolveStandard } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod } from '../support/builders.ts';

/** A cluster that serves Widgets and DeploymentConfigs until told otherwise. */
function setUp(
  entries: readonly Partial<ResourceEntry>[],
  standardWorkload: 'nearest' | 'topmost' = 'nearest',
) {
  const served = new Map([['example.com/v1 Widget', 'widgets']]);
  const groups = new Set(['']);
  const missing: string[] = [];
  const resources = entries.map(({ group, name = '', disabled = false, type, follow }) => ({
    group,
    name,
    disabled,
    type,
    follow,
  }));
  const kinds = new ConfiguredKinds({
    resources,
    standardWorkload,
    missing: { add: (what) => missing.push(what) },
    discovery: {
      resourceFor: (apiVersion, kind) => {
        const resource = served.get(`${apiVersion} ${kind}`);
        const group = apiVersion.split('/')[0] ?? '';
        return Promise.resolve(
          resource === undefined
            ? undefined
            : { resource, group, namespaced: true, path: () => '', collection: '' },
        );
      },
      servedGroups: () => Promise.resolve(groups),
    },
  });
  const ruleOf = (apiVersion: string, kind: string) => kinds.ruleOf({ apiVersion, kind });
  return { kinds, ruleOf, served, groups, missing };
}

const known = { isKnown: true, ownsLoosely: false, isFinal: true };
const stop = { ...known, isWorkload: true, chain: 'stop' };
const follow = { ...known, isWorkload: true, chain: 'follow' };
const passedBy = { ...known, isWorkload: false, chain: 'follow' };
/** What no built-in row has, and the config switches on: any reference to it makes it the owner. */
const custom = { ...stop, ownsLoosely: true };
const unknown = { ...follow, isKnown: false };

describe("the config's resources", () => {
  it('switch a custom resource on by one line: its kind is a workload, and is not read', async () => {
    const { ruleOf } = setUp([{ name: 'widgets' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...custom, type: 'Widget' });
  });

  it('give it another type', async () => {
    const { ruleOf } = setUp([{ name: 'widgets', group: 'example.com', type: 'Deployment' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...custom, type: 'Deployment' });
  });

  it('leave the same name in another group alone', async () => {
    const { ruleOf } = setUp([{ name: 'widgets', group: 'other.com', type: 'Deployment' }]);
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal({ ...unknown, type: 'Widget' });
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

  const cache = makeOwner('cache.example.com/v1', 'Cache', 'sessions');

  it('let a resource with `follow` count only where nothing above it is a workload', async () => {
    const { kinds } = setUp([{ name: 'deployments', group: 'apps', follow: true }]);
    const resolve = (above: typeof cache | undefined) =>
      resolveStandard(web.metadata, ownersOf(above), kinds);
    expect(await resolve(cache)).to.deep.equal({ type: 'Cache', name: 'sessions', isFinal: true });
    expect(await resolve(undefined)).to.deep.equal({ type: 'Deployment', name: 'web', isFinal: true });
  });

  it('follow a custom resource, too, and give it another type where it counts', async () => {
    const { ruleOf } = setUp([{ name: 'widgets', type: 'Kit', follow: true }]);
    const rule = { ...follow, ownsLoosely: true, type: 'Kit' };
    expect(await ruleOf('example.com/v1', 'Widget')).to.deep.equal(rule);
  });

  it('make a helper object the workload, whatever owns it, with `follow: false`', async () => {
    const { ruleOf } = setUp([{ name: 'jobs', group: 'batch', follow: false }]);
    expect(await ruleOf('batch/v1', 'Job')).to.deep.equal({ ...stop, type: 'Job' });
  });

  it('count what owns a Deployment, beside Deployments that nothing owns, where the topmost is asked for', async () => {
    const { kinds, ruleOf } = setUp([], 'topmost');
    const resolve = (above: typeof cache | undefined) =>
      resolveStandard(web.metadata, ownersOf(above), kinds);
    expect(await resolve(cache)).to.deep.equal({ type: 'Cache', name: 'sessions', isFinal: true });
    expect(await resolve(undefined)).to.deep.equal({ type: 'Deployment', name: 'web', isFinal: true });
    expect(await ruleOf('apps/v1', 'StatefulSet')).to.deep.equal({ ...follow, type: 'StatefulSet' });
    expect(await ruleOf('apps/v1', 'DaemonSet')).to.deep.equal({ ...stop, type: 'DaemonSet' });
    expect(await ruleOf('apps.kruise.io/v1beta1', 'StatefulSet')).to.deep.equal({
      ...stop,
      type: 'StatefulSet',
    });
  });

  it('win over the topmost for their own kind', async () => {
    const { ruleOf } = setUp([{ name: 'statefulsets', group: 'apps', follow: false }], 'topmost');
    expect(await ruleOf('apps/v1', 'StatefulSet')).to.deep.equal({ ...stop, type: 'StatefulSet' });
    expect(await ruleOf('apps/v1', 'Deployment')).to.deep.equal({ ...follow, type: 'Deployment' });
  });

  it('tell a Job of Volcano from one of Kubernetes by its type', async () => {
    const { kinds } = setUp([{ name: 'jobs', group: 'batch.volcano.sh', type: 'VolcanoJob' }]);
    const resolve = async (apiVersion: string) => {
      const owner = makeOwner(apiVersion, 'Job', 'train');
      const pod = makePod({ ownerReferences: [owner] });
      return resolveStandard(pod.metadata, ownersOf(undefined), kinds);
    };
    expect(await resolve('batch.volcano.sh/v1alpha1')).to.include({ type: 'VolcanoJob', name: 'train' });
    expect(await resolve('batch/v1')).to.include({ type: 'Job', name: 'train' });
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
    for (const type of ['Secret', 'ConfigMap', 'Service']) {
      const ignored = { ...stop, isWorkload: false, isKnown: false };
      expect(await ruleOf('v1', type)).to.deep.equal({ ...ignored, type });
    }
    expect(await ruleOf('v1', 'Pod')).to.deep.equal({ ...follow, ownsLoosely: true, type: 'Pod' });
    const claim = 'PersistentVolumeClaim';
    expect(await ruleOf('v1', claim)).to.deep.equal({ ...passedBy, type: claim });
  });
});
