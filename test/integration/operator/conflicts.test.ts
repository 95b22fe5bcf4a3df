import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

function says(name: string): string {
  return `function GetWorkloadTypeAndName(text) return "Cluster", "${name}" end`;
}

describe('two plugins of the same priority, on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;
  const conflicts = (plugin: string) => lab.metric(`luaplugin_conflicts{plugin="${plugin}"}`);

  it('that disagree both say so, while both stay Ready and the name decides', async () => {
    await createPod(fixture.plane.api, { namespace, name: 'db-0' });
    await lab.applyPlugin('clash-a', { script: says('one') });
    await lab.applyPlugin('clash-b', { script: says('two') });
    for (const [plugin, other, decider] of [
      ['clash-a', 'clash-b', 'this one'],
      ['clash-b', 'clash-a', 'that one'],
    ] as const) {
      const conditions = await eventually(`${plugin} to be Conflicted`, async () => {
        const all = await lab.conditionsOf(plugin);
        return all.Conflicted !== undefined && all;
      });
      expect(conditions.Conflicted)
        .to.contain(`True SamePriority: on Pod ${namespace}/db-0 this plugin says`)
        .and.to.contain(`LuaPlugin ${other} of the same priority`)
        .and.to.contain(`${decider} decides`);
      expect(conditions.Ready).to.match(/^True/);
      expect(await conflicts(plugin)).to.equal(1);
    }
    await eventually('the name to decide', async () => (await lab.workloadOf('db-0')).includes('clash-a'));
  });

  it('are in no conflict any more when priority decides', async () => {
    await lab.applyPlugin('clash-b', { script: says('two'), priority: 1 });
    for (const plugin of ['clash-a', 'clash-b']) {
      await eventually(`${plugin} to be Conflicted no longer`, async () => {
        return (await lab.conditionsOf(plugin)).Conflicted === undefined && (await conflicts(plugin)) === 0;
      });
    }
  });
});
