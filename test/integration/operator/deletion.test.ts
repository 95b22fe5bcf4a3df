import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

/** A script that calls every Pod a workload of that type, with the Pod's label `app` for its name. */
function claims(type: string): string {
  return `
    local json = require("dkjson")
    function GetWorkloadTypeAndName(text)
      return "${type}", json.decode(text, 1, nil).labels.app
    end`;
}

describe('a plugin that is deleted, on a real API server', () => {
  const fixture = useControlPlane();
  // A Pod without an owner is of the type Pod: standard resolution gives it nothing here.
  const lab = useOperator(fixture, 'allowedTypes: [Cluster, Fallback]\n');
  const { namespace } = fixture;

  const carries = (pod: string, workload: string) =>
    eventually(`Pod ${pod} to carry "${workload}"`, async () => {
      expect(await lab.workloadOf(pod)).to.equal(workload);
      return true;
    });
  const remove = (plugin: string) => fixture.plane.kubectl(['delete', 'luaplugin', plugin]);

  before('create two Pods, one of which two plugins want', async () => {
    for (const app of ['shared', 'alone']) {
      await createPod(fixture.plane.api, { namespace, name: app, labels: { app } });
    }
    const match = { namespaces: { include: [namespace] }, podSelector: { matchLabels: { app: 'shared' } } };
    await lab.applyPlugin('next', { script: claims('Fallback'), match, priority: -1 });
  });

  beforeEach('the plugin decides about both', async () => {
    await lab.applyPlugin('doomed', { script: claims('Cluster') });
    await carries('shared', 'Cluster shared by LuaPlugin/doomed');
    await carries('alone', 'Cluster alone by LuaPlugin/doomed');
  });

  it('has no finalizer, so that it goes at once, whether or not the operator runs', async () => {
    const { metadata } = await lab.getPlugin('doomed');
    expect(metadata.finalizers).to.equal(undefined);
  });

  for (const [when, around] of [
    ['while the operator runs', async () => void (await remove('doomed'))],
    [
      'while the operator is down',
      async () => {
        await lab.operator.stop();
        await remove('doomed');
        await lab.restart();
      },
    ],
  ] as const) {
    it(`${when} leaves its Pods to the next plugin, or takes the annotations off`, async () => {
      await around();
      await carries('shared', 'Fallback shared by LuaPlugin/next');
      await carries('alone', '');
      expect(await lab.metric('luaplugin_pods{plugin="doomed"}'), 'its series').to.equal(undefined);
    });
  }
});
