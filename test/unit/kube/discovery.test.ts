import { expect } from 'chai';
import { Discovery } from '../../../operator/kube/client/discovery.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { ManualClock } from '../support/clock.ts';
import { FakeClient } from './fake-client.ts';

const groups = {
  kind: 'APIGroupList',
  groups: [
    { name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }] },
    { name: 'example.com', versions: [{ groupVersion: 'example.com/v1alpha1', version: 'v1alpha1' }] },
  ],
};
const apps = {
  kind: 'APIResourceList',
  resources: [
    { name: 'deployments', kind: 'Deployment', namespaced: true },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true },
  ],
};
const core = {
  kind: 'APIResourceList',
  resources: [{ name: 'nodes', kind: 'Node', namespaced: false }],
};

describe('Discovery', () => {
  let client: FakeClient;
  let clock: ManualClock;
  let discovery: Discovery;
  const paths = () => client.calls.map(({ path }) => path);

  beforeEach(() => {
    client = new FakeClient();
    clock = new ManualClock();
    discovery = new Discovery({ client, clock, ttlMs: 10_000 });
  });

  it('finds where a kind is served', async () => {
    client.answer(groups).answer(apps);
    const deployment = await discovery.resourceFor('apps/v1', 'Deployment');
    expect(deployment).to.include({ group: 'apps', resource: 'deployments', namespaced: true });
    expect(deployment?.path('ns', 'web')).to.equal('/apis/apps/v1/namespaces/ns/deployments/web');
  });

  it('leaves the namespace out of the path of a cluster-scoped object', async () => {
    client.answer(core);
    const node = await discovery.resourceFor('v1', 'Node');
    expect(node?.path('ns', 'n1')).to.equal('/api/v1/nodes/n1');
  });

  it('escapes names, which an owner reference may fill with anything', async () => {
    client.answer(core);
    const node = await discovery.resourceFor('v1', 'Node');
    expect(node?.path(undefined, '../secrets?x')).to.equal('/api/v1/nodes/..%2Fsecrets%3Fx');
  });

  it('knows kinds that are not served, without a request for invented groups', async () => {
    client.answer(groups).answer(apps);
    expect(await discovery.resourceFor('invented.io/v1', 'Thing')).to.equal(undefined);
    expect(await discovery.resourceFor('apps/v1', 'Thing')).to.equal(undefined);
    expect(await discovery.resourceFor('apps/v1', 'Scale'), 'a subresource').to.equal(undefined);
    expect(paths()).to.deep.equal(['/apis', '/apis/apps/v1']);
  });

  it('shares one request among those who ask together, and keeps the answer for its time', async () => {
    client.answer(groups).answer(apps);
    await Promise.all([
      discovery.resourceFor('apps/v1', 'Deployment'),
      discovery.resourceFor('apps/v1', 'Deployment'),
      discovery.servedGroups(),
    ]);
    await clock.advance(9_000);
    await discovery.resourceFor('apps/v1', 'Deployment');
    expect(paths()).to.deep.equal(['/apis', '/apis/apps/v1']);
    await clock.advance(2_000);
    client.answer(groups).answer(apps);
    await discovery.resourceFor('apps/v1', 'Deployment');
    expect(paths()).to.have.length(4);
  });

  it('does not keep a failure', async () => {
    client.refuse(new ApiError(503)).answer(groups);
    const error = await discovery.servedGroups().catch((reason: unknown) => reason);
    expect(error).to.include({ status: 503 });
    expect([...(await discovery.servedGroups())]).to.deep.equal(['', 'apps', 'example.com']);
  });

  it('takes a version that vanished between two requests for not served', async () => {
    client.answer(groups).refuse(new ApiError(404));
    expect(await discovery.resourceFor('apps/v1', 'Deployment')).to.equal(undefined);
  });

  it('tells all resources of all groups, from one answer for the core group and one for the others', async () => {
    const group = (name: string | undefined, ...versions: string[][]) => ({
      metadata: name === undefined ? {} : { name },
      versions: versions.map((plurals) => ({ resources: plurals.map((resource) => ({ resource })) })),
    });
    const list = (...items: object[]) => ({ kind: 'APIGroupDiscoveryList', items });
    client.answer(list(group(undefined, ['pods', 'nodes'])));
    client.answer(
      list(group('apps', ['deployments']), group('example.com', ['things'], ['things', 'others'])),
    );
    const served = await discovery.servedResources();
    expect(served?.map(({ group: of, resource }) => `${resource}.${of}`)).to.deep.equal([
      'pods.',
      'nodes.',
      'deployments.apps',
      'things.example.com',
      'things.example.com',
      'others.example.com',
    ]);
    expect(paths()).to.deep.equal(['/api', '/apis']);
    expect(client.calls[0]?.accept).to.match(/v=v2;as=APIGroupDiscoveryList,.*v2beta1.*,application\/json$/);
  });

  it('does not know all resources of a server that tells them one group at a time', async () => {
    client.answer({ kind: 'APIVersions', versions: ['v1'] }).answer(groups);
    expect(await discovery.servedResources()).to.equal(undefined);
  });
});
