import { expect } from 'chai';
import { type PluginEntry, PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { type Conflict, describeConflicts } from '../../../operator/plugins/status/conflict.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { ConflictCheck } from '../../../operator/pods/conflicts/conflict-check.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import type { Answer } from '../../../operator/sandbox/contract.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

const limits = { timeoutMs: 50, memoryBytes: 16 * 1024 * 1024 };

async function setUp(pods = 1) {
  const clock = new ManualClock();
  const sandbox = new ScriptedSandbox();
  const plugins = new PluginSet();
  const conflicts: Record<string, readonly Conflict[]> = {};
  let samples = 0;
  const store = new PodStore({
    keys: new AnnotationKeys('luaplugin.dev'),
    inScope: () => true,
  });
  for (let index = 0; index < pods; index += 1) store.upsert(makePod({ name: `db-${index}` }));
  const check = new ConflictCheck({
    store,
    plugins,
    sandbox,
    clock,
    random: () => 0.5,
    onChange: (plugin, found) => {
      conflicts[plugin] = found;
    },
    onSampled: () => {
      samples += 1;
    },
  });
  const plug = async (name: string, answer: () => Answer, entry: Partial<PluginEntry> = {}) => {
    sandbox.answers.set(name, answer);
    await sandbox.load({ id: `${name}@1`, plugin: name, script: name, limits });
    plugins.put({
      name,
      priority: 0,
      mode: 'Enforce',
      matches: () => true,
      program: `${name}@1`,
      ...entry,
    });
  };
  const end = new AbortController();
  const start = () => {
    const running = check.run(end.signal);
    const stop = async () => {
      end.abort();
      await running;
    };
    return { stop };
  };
  return { check, clock, sandbox, plugins, store, conflicts, plug, start, samples: () => samples };
}

describe('the search for conflicts', () => {
  it('finds two plugins of one priority that call a Pod differently, and says who decides', async () => {
    const { clock, conflicts, plug, start } = await setUp();
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'two'));
    const { stop } = start();
    await clock.advance(1_000);
    expect(conflicts).to.deep.equal({
      a: [
        {
          with: 'b',
          decides: true,
          pod: 'default/db-0',
          own: { type: 'Cluster', name: 'one' },
          other: { type: 'Cluster', name: 'two' },
        },
      ],
      b: [
        {
          with: 'a',
          decides: false,
          pod: 'default/db-0',
          own: { type: 'Cluster', name: 'two' },
          other: { type: 'Cluster', name: 'one' },
        },
      ],
    });
    await stop();
  });

  it('finds none where they agree, where priority decides, or where one only rehearses', async () => {
    const { clock, conflicts, plug, start, samples } = await setUp();
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'one'));
    await plug('c', () => ({ result: 'skipped' }));
    await plug('d', () => resolved('Cluster', 'two'), { priority: -1 });
    await plug('e', () => resolved('Cluster', 'two'), { mode: 'DryRun' });
    const { stop } = start();
    await clock.advance(1_000);
    expect(conflicts).to.deep.equal({});
    expect(samples(), 'it has looked').to.equal(1);
    await stop();
  });

  it('asks nobody while no two plugins for a Pod have the same priority', async () => {
    const { clock, sandbox, plug, start } = await setUp();
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'two'), { priority: 1 });
    const { stop } = start();
    await clock.advance(5_000);
    expect(sandbox.calls).to.deep.equal([]);
    await stop();
  });

  it('finds no conflict in what a plugin of higher priority decides', async () => {
    const { clock, conflicts, plug, start } = await setUp();
    await plug('top', () => resolved('Cluster', 'zero'), { priority: 1 });
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'two'));
    const { stop } = start();
    await clock.advance(1_000);
    expect(conflicts).to.deep.equal({});
    await stop();
  });

  it('takes a conflict back when it is over: by priority, a deleted plugin or a Pod that is gone', async () => {
    const ends: ((lab: Awaited<ReturnType<typeof setUp>>) => unknown)[] = [
      ({ plug }) => plug('b', () => resolved('Cluster', 'two'), { priority: 1 }),
      ({ plugins }) => plugins.remove('b'),
      ({ store }) => store.remove('uid-of-db-0'),
    ];
    for (const end of ends) {
      const lab = await setUp();
      await lab.plug('a', () => resolved('Cluster', 'one'));
      await lab.plug('b', () => resolved('Cluster', 'two'));
      const { stop } = lab.start();
      await lab.clock.advance(1_000);
      expect(lab.conflicts.a).to.have.length(1);
      await end(lab);
      await lab.clock.advance(1_000);
      expect(lab.conflicts).to.deep.equal({ a: [], b: [] });
      await stop();
    }
  });

  it('looks at a bounded number of Pods in a second, however many a change concerns', async () => {
    const { check, clock, sandbox, store, plug, start } = await setUp(1_000);
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'one'));
    const { stop } = start();
    for (const uid of store.uids()) check.offer(uid);
    for (let second = 0; second < 10; second += 1) {
      const before = sandbox.calls.length;
      await clock.advance(1_000);
      expect(sandbox.calls.length - before).to.be.at.most(2 * 45);
    }
    await stop();
  });

  it('comes to every Pod in time', async () => {
    const { clock, conflicts, sandbox, plug, start } = await setUp(300);
    await plug('a', () => resolved('Cluster', 'one'));
    await plug('b', () => resolved('Cluster', 'one'));
    const { stop } = start();
    await clock.advance(10_000);
    sandbox.answers.set('b', (metadata) =>
      resolved('Cluster', metadata.includes('"db-299"') ? 'two' : 'one'),
    );
    await clock.advance(120_000);
    expect(conflicts.a?.map(({ pod }) => pod)).to.deep.equal(['default/db-299']);
    await stop();
  });
});

describe('the sentence about conflicts', () => {
  const conflict: Conflict = {
    with: 'b',
    decides: true,
    pod: 'default/db-0',
    own: { type: 'Cluster', name: 'one' },
    other: { type: 'Cluster', name: 'two' },
  };

  it('names the Pod, both answers, who decides, and what to do', () => {
    expect(describeConflicts([conflict])).to.equal(
      'on Pod default/db-0 this plugin says Cluster "one", LuaPlugin b of the same priority Cluster "two"; ' +
        'this one decides, since its name sorts first: give them different spec.priority, or a narrower spec.match',
    );
  });

  it('says how many others there are', () => {
    expect(describeConflicts([{ ...conflict, decides: false }, conflict])).to.contain(
      'that one decides, since its name sorts first; 1 more plugins disagree with it:',
    );
  });
});
