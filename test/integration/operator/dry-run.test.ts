import { expect } from 'chai';
import { createPod } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';

/** A script that calls every Pod whose name begins so a workload of that type. */
function claims(prefix: string, type: string): string {
  return `
    local json = require("dkjson")
    function GetWorkloadTypeAndName(text)
      local name = json.decode(text, 1, nil).name
      if name:sub(1, ${prefix.length}) ~= "${prefix}" then return "", "" end
      return "${type}", name
    end`;
}

const writes = 'luaplugin_pod_writes_total{result="success"}';
const calls = (plugin: string) => `luaplugin_executions_total{plugin="${plugin}",result="resolved"}`;

describe('a change of a plugin, on a real API server', () => {
  const fixture = useControlPlane();
  const lab = useOperator(fixture);
  const { namespace } = fixture;
  const pods = ['red-0', 'red-1', 'blue-0', 'blue-1', 'blue-2'];

  const all = (what: string, expected: Readonly<Record<string, string>>) =>
    eventually(what, async () => {
      for (const pod of pods) {
        const [, workload = ''] = Object.entries(expected).find(([prefix]) => pod.startsWith(prefix)) ?? [];
        expect(await lab.workloadOf(pod)).to.equal(workload.replace('NAME', pod));
      }
      return true;
    });
  /** Applies, waits for the Pods, and counts what was written meanwhile. */
  const written = async (change: () => Promise<unknown>, expected: Readonly<Record<string, string>>) => {
    await lab.podsDone();
    const before = (await lab.metric(writes)) ?? 0;
    await change();
    await all('the Pods to follow', expected);
    await lab.podsDone();
    return ((await lab.metric(writes)) ?? 0) - before;
  };
  const standard = 'Pod NAME by standard';
  const podSelector = { matchLabels: { colour: 'blue' } };

  before('create Pods', async () => {
    for (const name of pods) {
      await createPod(fixture.plane.api, { namespace, name, labels: { colour: name.split('-')[0] ?? '' } });
    }
    await all('the first answers', { '': standard });
  });

  it('in DryRun mode writes nothing, and shows what it would change', async () => {
    const spec = { script: claims('blue', 'Blue'), mode: 'DryRun' };
    expect(await written(() => lab.applyPlugin('blue', spec), { '': standard })).to.equal(0);
    const report = await eventually('the report', async () => {
      const { status } = await lab.getPlugin('blue');
      return status?.dryRun?.podsChanging === 3 && status.dryRun;
    });
    expect(report.examples.toSorted((a, b) => (a.pod < b.pod ? -1 : 1))[0]).to.deep.equal({
      pod: `${namespace}/blue-0`,
      before: { type: 'Pod', name: 'blue-0', resolvedBy: 'standard' },
      after: { type: 'Blue', name: 'blue-0', resolvedBy: 'LuaPlugin/blue' },
    });
    expect(await lab.metric('luaplugin_dry_run_pods{plugin="blue"}')).to.equal(3);
    expect((await lab.getPlugin('blue')).status).to.include({ podsResolved: 0 });
  });

  it('from DryRun to Enforce and back writes to the Pods that the plugin resolves, and to no others', async () => {
    const spec = { script: claims('blue', 'Blue') };
    const blue = { red: standard, blue: 'Blue NAME by LuaPlugin/blue' };
    expect(await written(() => lab.applyPlugin('blue', spec), blue)).to.equal(3);
    await eventually('the report to go', async () => {
      const { status } = await lab.getPlugin('blue');
      return status?.dryRun === undefined && status?.podsResolved === 3;
    });
    const rehearse = () => lab.applyPlugin('blue', { ...spec, mode: 'DryRun' });
    expect(await written(rehearse, { '': standard })).to.equal(3);
    expect(await written(() => lab.applyPlugin('blue', spec), blue)).to.equal(3);
  });

  it('of priority writes to the Pods that two plugins want, and asks nobody where the order stays', async () => {
    const every = { script: claims('', 'Every'), priority: -1 };
    const shared = { red: 'Every NAME by LuaPlugin/every', blue: 'Blue NAME by LuaPlugin/blue' };
    expect(await written(() => lab.applyPlugin('every', every), shared)).to.equal(2);
    const before = await lab.metric(calls('every'));
    const beforeBlue = await lab.metric(calls('blue'));
    await lab.applyPlugin('every', { ...every, priority: -2 });
    await lab.conditionsOf('every');
    const overtake = () => lab.applyPlugin('every', { ...every, priority: 1 });
    expect(await written(overtake, { '': 'Every NAME by LuaPlugin/every' })).to.equal(3);
    expect(await lab.metric(calls('every')), 'once for each Pod, when it came first').to.equal(
      (before ?? 0) + pods.length,
    );
    expect(await lab.metric(calls('blue'))).to.equal(beforeBlue);
    expect(
      await written(() => lab.applyPlugin('every', { ...every, suspend: true }), {
        red: standard,
        blue: 'Blue NAME by LuaPlugin/blue',
      }),
    ).to.equal(5);
  });

  it('of match writes to the Pods that come or go, and asks about no others', async () => {
    const namespaces = { include: [namespace] };
    const spec = { script: claims('', 'Wide') };
    const match = { namespaces, podSelector };
    const blue = { red: standard, blue: 'Wide NAME by LuaPlugin/wide' };
    const narrow = () => lab.applyPlugin('wide', { ...spec, match, priority: 5 });
    expect(await written(narrow, blue)).to.equal(3);
    const before = (await lab.metric(calls('wide'))) ?? 0;
    const widen = () => lab.applyPlugin('wide', { ...spec, match: { namespaces }, priority: 5 });
    expect(await written(widen, { '': 'Wide NAME by LuaPlugin/wide' })).to.equal(2);
    expect(await lab.metric(calls('wide')), 'about the two that came').to.equal(before + 2);
    expect(await written(narrow, blue), 'the two that go').to.equal(2);
    expect(await lab.metric(calls('wide'))).to.equal(before + 2);
  });

  it('that is only about suspend writes to its own Pods', async () => {
    const match = { namespaces: { include: [namespace] }, podSelector };
    const spec = { script: claims('', 'Wide'), match, priority: 5 };
    const suspend = () => lab.applyPlugin('wide', { ...spec, suspend: true });
    expect(await written(suspend, { red: standard, blue: 'Blue NAME by LuaPlugin/blue' })).to.equal(3);
  });
});
