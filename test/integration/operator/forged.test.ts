import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

/** Claims Pods, or fails on each. */
const claims = 'function GetWorkloadTypeAndName() return "Cluster", "db" end';
const fails = 'function GetWorkloadTypeAndName() error("not today") end';

describe('annotations that somebody forges while their plugin fails, on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useOperator(fixture);

  const carries = (pod: string, workload: string) =>
    eventually(`Pod ${pod} to carry "${workload}"`, async () => {
      expect(await lab.workloadOf(pod)).to.equal(workload);
      return true;
    });
  const annotate = (pod: string, ...annotations: string[]) =>
    fixture.plane.kubectl(['annotate', '--overwrite', 'pod', pod, '-n', namespace, ...annotations]);

  before('a plugin resolves Pods, and fails on them from then on', async () => {
    await lab.applyPlugin('database', { script: claims });
    for (const name of ['honest', 'forged', 'renamed', 'later']) {
      await createPod(fixture.plane.api, { namespace, name });
      await carries(name, 'Cluster db by LuaPlugin/database');
    }
    await lab.applyPlugin('database', { script: fails });
    await eventually('the plugin to have failed on all', async () => {
      const errors = await lab.metric('luaplugin_errors_total{plugin="database",reason="runtime"}');
      return (errors ?? 0) >= 4;
    });
  });

  it('are no reason to leave the Pod as it is: the next in order decides', async () => {
    await annotate('renamed', 'luaplugin.dev/workload-name=gold');
    await carries('renamed', 'Pod renamed by standard');
    await annotate(
      'forged',
      'luaplugin.dev/workload-type=Rich',
      'luaplugin.dev/resolved-by=LuaPlugin/database',
    );
    await carries('forged', 'Pod forged by standard');
  });

  it('are decided about the same after a restart, and what the operator wrote is kept by both', async () => {
    await lab.operator.stop();
    await annotate('later', 'luaplugin.dev/workload-name=gold');
    await lab.restart();
    await carries('later', 'Pod later by standard');
    await carries('forged', 'Pod forged by standard');
    await carries('renamed', 'Pod renamed by standard');
    await eventually('all Pods to have been looked at', async () => {
      return (await lab.metric('luaplugin_longest_waiting_pod_seconds')) === 0;
    });
    await carries('honest', 'Cluster db by LuaPlugin/database');
  });
});
