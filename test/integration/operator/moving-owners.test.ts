import { expect } from 'chai';
import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { established, openDefinition } from '../../support/definitions.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';

type Owner = Pick<OwnerReference, 'apiVersion' | 'kind' | 'name' | 'uid'>;

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'main', image: 'none' }] },
};

describe('owners that move', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture);
  const group = `agents-${fixture.namespace}.example.com`;
  const role = `sandboxes-${fixture.namespace}`;
  const collections = {
    ReplicaSet: `/apis/apps/v1/namespaces/${fixture.namespace}/replicasets`,
    Sandbox: `/apis/${group}/v1/namespaces/${fixture.namespace}/sandboxes`,
  };

  before('define Sandboxes, which the operator may get, list and watch', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role };
    const rbac = 'rbac.authorization.k8s.io/v1';
    const rules = [{ apiGroups: [group], resources: ['sandboxes'], verbs: ['get', 'list', 'watch'] }];
    const subjects = [{ kind: 'ServiceAccount', ...operatorAccount }];
    const items = [
      openDefinition(group, 'Sandbox'),
      { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: role }, rules },
      { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name: role }, roleRef, subjects },
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await fixture.plane.kubectl(['apply', '-f', '-'], { input });
    await established(fixture.plane.kubectl, [`crd/sandboxes.${group}`]);
  });

  after('take the definition and the right off', async () => {
    await fixture.plane.kubectl([
      'delete',
      'crd',
      `sandboxes.${group}`,
      '--ignore-not-found',
      '--wait=false',
    ]);
    await fixture.plane.kubectl(['delete', 'clusterrole,clusterrolebinding', role, '--ignore-not-found']);
  });

  const create = async (path: string, object: object) => {
    const { metadata } = await fixture.plane.api.request<{ metadata: { uid: string } }>('POST', path, object);
    return metadata.uid;
  };
  const controlled = (owner: Owner | undefined) => ({
    ownerReferences: owner === undefined ? [] : [{ ...owner, controller: true }],
  });
  const createSet = async (name: string, owner?: Owner): Promise<Owner> => {
    const spec = { replicas: 0, selector: { matchLabels: { app: 'x' } }, template };
    const uid = await create(collections.ReplicaSet, { metadata: { name, ...controlled(owner) }, spec });
    return { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid };
  };
  const createSandbox = async (name: string, owner: Owner): Promise<Owner> => {
    const kind = { apiVersion: `${group}/v1`, kind: 'Sandbox' };
    const uid = await create(collections.Sandbox, { ...kind, metadata: { name, ...controlled(owner) } });
    return { ...kind, name, uid };
  };
  const createPod = (name: string, owner: Owner) =>
    create(`/api/v1/namespaces/${fixture.namespace}/pods`, {
      metadata: { name, ...controlled(owner) },
      spec: template.spec,
    });
  const move = (kind: 'ReplicaSet' | 'Sandbox', name: string, owner: Owner | undefined) => {
    const metadata = controlled(owner);
    return fixture.plane.api.request('PATCH', `${collections[kind]}/${name}`, { metadata });
  };
  const becomes = async (pod: string, workload: string) => {
    const from = Date.now();
    await eventually(`${pod} to be of ${workload}`, async () => {
      expect(await operator.workloadOf(pod)).to.equal(`${workload} by standard`);
      return true;
    });
    return Date.now() - from;
  };
  const deployment = (name: string): Owner => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    uid: `uid-of-${name}`,
  });
  const soonMs = 10_000;

  it('take old and new Pods along: a ReplicaSet that one Deployment lost and another adopted', async () => {
    const set = await createSet('shop-1', deployment('shop'));
    await createPod('shop-1-a', set);
    await becomes('shop-1-a', 'Deployment shop');
    await move('ReplicaSet', 'shop-1', undefined);
    await becomes('shop-1-a', 'ReplicaSet shop-1');
    await move('ReplicaSet', 'shop-1', deployment('storefront'));
    expect(await becomes('shop-1-a', 'Deployment storefront')).to.be.below(soonMs);
    await createPod('shop-1-b', set);
    await becomes('shop-1-b', 'Deployment storefront');
  });

  it('are followed when an orphan is adopted after its Pod was first seen', async () => {
    const set = await createSet('orphan-1');
    await createPod('orphan-1-a', set);
    await becomes('orphan-1-a', 'ReplicaSet orphan-1');
    await move('ReplicaSet', 'orphan-1', deployment('family'));
    expect(await becomes('orphan-1-a', 'Deployment family')).to.be.below(soonMs);
  });

  it('lead from a warm pool to the claim of a Sandbox, its UID and its Pod unchanged, and back', async () => {
    const owner = (kind: string, name: string): Owner => {
      return { apiVersion: `extensions.${group}/v1`, kind, name, uid: `uid-of-${name}` };
    };
    const pool = owner('SandboxWarmPool', 'pool');
    const sandbox = await createSandbox('pool-a', pool);
    await createPod('pool-a', sandbox);
    await becomes('pool-a', 'SandboxWarmPool pool');
    await move('Sandbox', 'pool-a', owner('SandboxClaim', 'session-1'));
    expect(await becomes('pool-a', 'SandboxClaim session-1')).to.be.below(soonMs);
    await move('Sandbox', 'pool-a', pool);
    await becomes('pool-a', 'SandboxWarmPool pool');
  });

  it('are watched, as the metrics show', async () => {
    expect(await operator.metric('luaplugin_watched_owners{resource="replicasets.apps"}')).to.be.at.least(2);
  });

  it('are followed from the same answers after a restart', async () => {
    await operator.restart();
    await operator.podsDone();
    expect(await operator.workloadOf('shop-1-a')).to.equal('Deployment storefront by standard');
    expect(await operator.workloadOf('pool-a')).to.equal('SandboxWarmPool pool by standard');
  });
});
