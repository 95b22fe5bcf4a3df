import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { established, openDefinition } from '../../support/definitions.ts';
import { eventually } from '../../support/eventually.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';

describe('the owners of Pods', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture);
  const group = `${fixture.namespace}.example.com`;
  const openShift = 'deploymentconfigs.apps.openshift.io';

  after('take the definitions off', async () => {
    const definitions = [openShift, `parts.${group}`];
    await fixture.plane.kubectl(['delete', 'crd', ...definitions, '--ignore-not-found', '--wait=false']);
  });

  const apply = (...items: object[]) =>
    fixture.plane.kubectl(['apply', '-f', '-'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    });
  const reference = (apiVersion: string, kind: string, name: string, uid: string) => ({
    apiVersion,
    kind,
    name,
    uid,
    controller: true,
  });
  const create = async (path: string, object: object) => {
    const { metadata } = await fixture.plane.api.request<{ metadata: { uid: string } }>('POST', path, object);
    return metadata.uid;
  };
  const createPod = (name: string, owner: object) =>
    create(`/api/v1/namespaces/${fixture.namespace}/pods`, {
      metadata: { name, ownerReferences: [owner] },
      spec: { containers: [{ name: 'main', image: 'none' }] },
    });
  /** Lets the operator get a resource; no controller gathers labelled ClusterRoles here. */
  const grant = (name: string, apiGroup: string, resource: string) =>
    apply(
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name },
        rules: [{ apiGroups: [apiGroup], resources: [resource], verbs: ['get'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', ...operatorAccount }],
      },
    );
  const becomes = (pod: string, workload: string) =>
    eventually(`${pod} to be of ${workload}`, async () => {
      expect(await operator.workloadOf(pod)).to.equal(`${workload} by standard`);
      return true;
    });
  const missingRules = async () => {
    const path = `/api/v1/namespaces/${operatorAccount.namespace}/configmaps/lua-plugin-operator-status`;
    const { data } = await fixture.plane.api.request<{ data: Record<string, string> }>('GET', path);
    return data['missing-rules.yaml'] ?? '';
  };

  it('are followed further once their API group is served, without a restart', async () => {
    await grant(`controllers-${fixture.namespace}`, '', 'replicationcontrollers');
    const config = reference('apps.openshift.io/v1', 'DeploymentConfig', 'frontend', 'uid-of-frontend');
    const path = `/api/v1/namespaces/${fixture.namespace}/replicationcontrollers`;
    const template = {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'c', image: 'none' }] },
    };
    const uid = await create(path, {
      metadata: { name: 'frontend-1', ownerReferences: [config] },
      spec: { replicas: 0, selector: { app: 'x' }, template },
    });
    await createPod('frontend-1-a', reference('v1', 'ReplicationController', 'frontend-1', uid));
    await becomes('frontend-1-a', 'ReplicationController frontend-1');

    await apply(openDefinition('apps.openshift.io', 'DeploymentConfig'));
    await becomes('frontend-1-a', 'DeploymentConfig frontend');
  });

  it('that may not be read end the walk, and an administrator finds the rule in log, Event and ConfigMap', async () => {
    await apply(openDefinition(group, 'Part'));
    await established(fixture.plane.kubectl, [`crd/parts.${group}`]);
    const whole = reference(`${group}/v1`, 'Whole', 'whole', 'uid-of-whole');
    const path = `/apis/${group}/v1/namespaces/${fixture.namespace}/parts`;
    const part = { apiVersion: `${group}/v1`, kind: 'Part' };
    const uid = await create(path, { ...part, metadata: { name: 'part', ownerReferences: [whole] } });
    await createPod('part-a', reference(`${group}/v1`, 'Part', 'part', uid));
    await createPod('part-b', reference(`${group}/v1`, 'Part', 'part', uid));
    await becomes('part-a', 'Part part');
    await becomes('part-b', 'Part part');
    const warnings = () =>
      operator.operator.logs().filter(({ msg }) => msg.includes(`may not get parts.${group}`));
    // Before that the kind is not known to be served.
    await eventually('the log to say it', () => warnings().length > 0);
    expect(await operator.metric('luaplugin_owner_reads_total{result="forbidden"}')).to.be.at.least(1);
    await eventually('the ConfigMap to hold the rule', async () =>
      (await missingRules()).includes(
        `- apiGroups: ["${group}"]\n  resources: ["parts"]\n  verbs: [get, list, watch]`,
      ),
    );
    await eventually('the Event', async () => {
      const { stdout } = await fixture.plane.kubectl([
        'get',
        'events',
        '-n',
        'default',
        '--field-selector=reason=MissingPermission',
      ]);
      return (
        stdout.includes(`may not get parts.${group}`) &&
        stdout.includes('clusterrole/lua-plugin-operator-owners')
      );
    });

    await grant(`parts-${fixture.namespace}`, group, 'parts');
    await becomes('part-a', 'Whole whole');
    await becomes('part-b', 'Whole whole');
    expect(warnings(), 'one line, however many Pods').to.have.length(1);
    await eventually('the ConfigMap to be clean', async () => !(await missingRules()).includes(`"parts"`));
  });
});
