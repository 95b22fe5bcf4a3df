import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';

describe('standardWorkload: topmost, on a real API server', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture, 'standardWorkload: topmost\n');
  const role = `topmost-${fixture.namespace}`;

  before('let the operator read Deployments', () => {
    const metadata = { name: role };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const rules = [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }];
    const items = [
      { apiVersion, kind: 'ClusterRole', metadata, rules },
      {
        apiVersion,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef,
        subjects: [{ kind: 'ServiceAccount', ...operatorAccount }],
      },
    ];
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    return fixture.plane.kubectl(['apply', '-f', '-'], { input });
  });

  after('take the right back', () =>
    fixture.plane.kubectl(['delete', 'clusterrole,clusterrolebinding', role, '--ignore-not-found']),
  );

  const create = async (path: string, object: object) => {
    const { metadata } = await fixture.plane.api.request<{ metadata: { uid: string } }>('POST', path, object);
    return metadata.uid;
  };
  const owned = (name: string, apiVersion: string, kind: string, owner: string, uid: string) => ({
    name,
    ownerReferences: [{ apiVersion, kind, name: owner, uid, controller: true }],
  });

  /** A Deployment with a Pod; no controller is there to make one. */
  async function deploy(name: string, above: object[]) {
    const matchLabels = { app: name };
    const template = {
      metadata: { labels: matchLabels },
      spec: { containers: [{ name: 'main', image: 'none' }] },
    };
    const spec = { replicas: 1, selector: { matchLabels }, template };
    const apps = `/apis/apps/v1/namespaces/${fixture.namespace}`;
    const deployment = await create(`${apps}/deployments`, {
      metadata: { name, ownerReferences: above },
      spec,
    });
    const set = await create(`${apps}/replicasets`, {
      metadata: owned(`${name}-1`, 'apps/v1', 'Deployment', name, deployment),
      spec,
    });
    await create(`/api/v1/namespaces/${fixture.namespace}/pods`, {
      metadata: owned(`${name}-1-a`, 'apps/v1', 'ReplicaSet', `${name}-1`, set),
      spec: template.spec,
    });
  }

  it("shows an operator's resource in place of its Deployment, and beside it a Deployment that nothing owns", async () => {
    const uid = 'uid-of-sessions';
    await deploy('sessions', owned('', 'cache.example.com/v1', 'Cache', 'sessions', uid).ownerReferences);
    await deploy('web', []);
    await eventually('both to carry their workloads', async () => {
      expect(await operator.workloadOf('sessions-1-a')).to.equal('Cache sessions by standard');
      expect(await operator.workloadOf('web-1-a')).to.equal('Deployment web by standard');
      return true;
    });
  });
});
