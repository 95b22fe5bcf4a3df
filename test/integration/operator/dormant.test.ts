import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { openDefinition } from '../../support/definitions.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

describe('a plugin whose API group is not served', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;
  const group = `robots-${namespace}.example.com`;

  after('take the definition off', async () => {
    await fixture.plane.kubectl(['delete', 'crd', `robots.${group}`, '--ignore-not-found', '--wait=false']);
  });

  it('is ready at once, dormant and without metrics, and starts by itself when the group comes', async function () {
    // Discovery is asked anew every 30 s, and a dormant plugin looks every 15.
    this.timeout(300_000);
    const { kubectl, api } = fixture.plane;
    await createPod(api, { namespace, name: 'robot-0' });
    await lab.applyPlugin('robots', {
      script: 'function GetWorkloadTypeAndName() return "Robot", "r2" end',
      match: { namespaces: { include: [namespace] } },
      requires: { apiGroups: [group] },
    });
    await kubectl(['wait', '--for=condition=Ready', 'luaplugin/robots', '--timeout=1m']);
    const why = `the cluster does not serve ${group}; the plugin starts when it does`;
    expect(await lab.conditionsOf('robots')).to.deep.equal({
      Ready: `True Dormant: ${why}`,
      Serving: `False DependencyMissing: ${why}`,
      Degraded: 'False NoErrors: no error in the last 5 minutes',
    });
    expect(await lab.metric('luaplugin_ready{plugin="robots"}')).to.equal(undefined);
    const { stdout } = await kubectl(['get', 'luaplugin', 'robots', '--no-headers']);
    expect(stdout.split(/ +/).slice(0, 3)).to.deep.equal(['robots', 'True', 'Dormant']);
    await eventually('the Pod to be resolved without it', async () => {
      expect(await lab.workloadOf('robot-0')).to.equal('Pod robot-0 by standard');
      return true;
    });

    await kubectl(['apply', '-f', '-'], { input: JSON.stringify(openDefinition(group, 'Robot')) });
    await eventually('the plugin to resolve the Pod', async () => {
      expect(await lab.workloadOf('robot-0')).to.equal('Robot r2 by LuaPlugin/robots');
      return true;
    });
    expect(await lab.metric('luaplugin_ready{plugin="robots"}')).to.equal(1);
  });
});
