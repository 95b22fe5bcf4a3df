import { expect } from 'chai';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { PluginController } from '../../../operator/plugins/controller.ts';
import { outcomeOfFailure, type PluginState } from '../../../operator/plugins/state/plugin-state.ts';
import type { PluginStatistics } from '../../../operator/plugins/status/statistics.ts';
import { degradedMs } from '../../../operator/plugins/status/status.ts';
import type { StatusWrite } from '../../../operator/plugins/status/status-writer.ts';
import { makePlugin } from '../support/builders.ts';

function setUp() {
  const applied: string[] = [];
  const removed: string[] = [];
  const held: string[] = [];
  const queued: string[] = [];
  const delays: number[] = [];
  const excesses: (string | undefined)[] = [];
  const events: string[] = [];
  const kept: string[] = [];
  const takenOver: string[] = [];
  let leads = true;
  let state: Omit<PluginState, 'uid'> = {
    generation: 1,
    outcome: { state: 'serving' },
    scriptVersion: 0,
    tries: 1,
    retryAt: undefined,
    active: undefined,
  };
  let statistics: PluginStatistics = { pods: 0, errors: 0, lastErrors: [] };
  let answer: (plugin: LuaPlugin) => StatusWrite = () => ({ result: 'unchanged' });
  const controller = new PluginController({
    lifecycle: {
      apply: ({ metadata }, excess) => {
        excesses.push(excess?.path);
        applied.push(`${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
        return Promise.resolve({ uid: metadata.uid, ...state });
      },
      holdPlace: ({ metadata }) => held.push(metadata.name),
      remove: (name) => removed.push(name),
    },
    statistics: {
      get: () => statistics,
      takeOver: (name, { errors }) => takenOver.push(`${name} ${errors}`),
    },
    statusWriter: { write: (plugin) => Promise.resolve(answer(plugin)), forget: () => {} },
    history: {
      keep: (plugin, serves) => kept.push(`${plugin.metadata.name} ${serves?.number}`),
      forget: (name) => kept.push(`forget ${name}`),
      restart: () => kept.push('restart'),
    },
    queue: {
      add: (name) => queued.push(name),
      addAfter: (_name, ms) => delays.push(ms),
      run: () => Promise.resolve(),
    },
    isLeader: () => leads,
    recordEvent: ({ type, reason, note }) => events.push(`${type} ${reason}: ${note}`),
    clock: { now: () => 1_000_000, wallTime: () => 1_000_000, sleep: () => Promise.resolve() },
  });
  return {
    controller,
    applied,
    removed,
    held,
    queued,
    delays,
    excesses,
    events,
    kept,
    takenOver,
    lead: (does: boolean) => {
      leads = does;
    },
    setState: (next: typeof state) => {
      state = next;
    },
    setStatistics: (next: PluginStatistics) => {
      statistics = next;
    },
    onWrite: (next: typeof answer) => {
      answer = next;
    },
  };
}

describe('the controller of plugins', () => {
  it('puts a plugin to work, and takes a deleted one off', async () => {
    const { controller, applied, removed, queued } = setUp();
    controller.upsert(makePlugin('p'));
    await controller.reconcile('p');
    controller.remove('uid-of-p');
    await controller.reconcile('p');
    expect(queued).to.deep.equal(['p', 'p']);
    expect(applied).to.deep.equal(['p uid-of-p 1']);
    expect(removed).to.deep.equal(['p']);
  });

  it('has the place of a plugin held as soon as it is seen, before its turn comes', () => {
    const { controller, held, applied } = setUp();
    controller.upsert(makePlugin('p'));
    controller.upsert(makePlugin('q'));
    expect(held).to.deep.equal(['p', 'q']);
    expect(applied).to.deep.equal([]);
  });

  it('does not keep a spec that holds more than the operator takes', async () => {
    const { controller, excesses } = setUp();
    controller.upsert(makePlugin('p', { parameters: { a: Array(20_000).fill(1) } }));
    await controller.reconcile('p');
    controller.upsert(makePlugin('p', {}, { resourceVersion: '2' }));
    await controller.reconcile('p');
    expect(excesses).to.deep.equal(['spec.parameters', undefined]);
  });

  it('keeps a plugin made anew when the end of the old one is seen late', async () => {
    const { controller, removed, applied } = setUp();
    controller.upsert(makePlugin('p', {}, { uid: 'old', resourceVersion: '1' }));
    controller.upsert(makePlugin('p', {}, { uid: 'new', resourceVersion: '9' }));
    controller.remove('old');
    await controller.reconcile('p');
    expect(removed).to.deep.equal([]);
    expect(applied).to.deep.equal(['p new 9']);
  });

  it('does not go back to an event from before its own status write', async () => {
    const { controller, applied, queued, onWrite } = setUp();
    controller.upsert(makePlugin('p', {}, { resourceVersion: '9' }));
    onWrite((plugin) => ({
      result: 'written',
      plugin: { ...plugin, metadata: { ...plugin.metadata, resourceVersion: '11' } },
    }));
    await controller.reconcile('p');
    controller.upsert(makePlugin('p', {}, { resourceVersion: '10' }));
    expect(queued).to.deep.equal(['p']);
    await controller.reconcile('p');
    expect(applied.at(-1)).to.equal('p uid-of-p 11');
  });

  it('misses no change that the answer to its own status write shows before the watch does', async () => {
    const { controller, applied, queued, onWrite } = setUp();
    const changed = makePlugin('p', {}, { resourceVersion: '11', generation: 2 });
    controller.upsert(makePlugin('p', {}, { resourceVersion: '9', generation: 1 }));
    onWrite(() => ({ result: 'written', plugin: changed }));
    await controller.reconcile('p');
    controller.upsert(changed);
    expect(queued).to.deep.equal(['p', 'p']);
    await controller.reconcile('p');
    expect(applied.at(-1)).to.equal('p uid-of-p 11');
    expect(queued, 'no news').to.deep.equal(['p', 'p']);
  });

  it('does not bring a plugin back that was deleted while its status was written', async () => {
    const { controller, removed, onWrite } = setUp();
    controller.upsert(makePlugin('p'));
    onWrite((plugin) => {
      controller.remove('uid-of-p');
      return { result: 'written', plugin };
    });
    await controller.reconcile('p');
    await controller.reconcile('p');
    expect(removed).to.deep.equal(['p']);
  });

  it('comes back when a failed load is worth another try, and when a status has to wait', async () => {
    const { controller, delays, setState, onWrite } = setUp();
    const outcome = outcomeOfFailure({ reason: 'timeout', message: 'took longer than 50 ms' });
    setState({ generation: 1, outcome, scriptVersion: 0, tries: 1, retryAt: 1_001_000, active: undefined });
    onWrite(() => ({ result: 'later', waitMs: 77 }));
    controller.upsert(makePlugin('p'));
    await controller.reconcile('p');
    expect(delays).to.deep.equal([1000, 77]);
  });

  it('comes back to take Degraded away, and only then', async () => {
    const { controller, delays, setStatistics } = setUp();
    controller.upsert(makePlugin('p'));
    const failure = { reason: 'runtime', message: 'oops' } as const;
    const error = { failure, pod: 'a/b', count: 1 };
    setStatistics({ pods: 0, errors: 1, lastErrors: [{ ...error, time: 1_000_000 - 1000 }] });
    await controller.reconcile('p');
    setStatistics({ pods: 0, errors: 1, lastErrors: [{ ...error, time: 1_000_000 - degradedMs }] });
    await controller.reconcile('p');
    expect(delays).to.deep.equal([degradedMs - 1000]);
  });

  it('tells what happened by an Event, once the status says so', async () => {
    const { controller, events, setState, onWrite } = setUp();
    controller.upsert(makePlugin('p'));
    await controller.reconcile('p');
    expect(events, 'nothing was written').to.deep.equal([]);
    onWrite((plugin) => ({ result: 'written', plugin }));
    const outcome = outcomeOfFailure({ reason: 'compile', message: 'p:3: unexpected symbol' });
    setState({ generation: 2, outcome, scriptVersion: 0, tries: 1, retryAt: undefined, active: undefined });
    await controller.reconcile('p');
    expect(events).to.deep.equal(['Warning CompileError: p:3: unexpected symbol']);
  });

  it('loads plugins but reports on none while another instance leads, and on all when it leads', async () => {
    const { controller, applied, queued, lead, onWrite } = setUp();
    const written: string[] = [];
    onWrite((plugin) => {
      written.push(plugin.metadata.name);
      return { result: 'unchanged' };
    });
    lead(false);
    controller.upsert(makePlugin('p'));
    await controller.reconcile('p');
    expect(applied).to.have.length(1);
    expect(written).to.deep.equal([]);
    lead(true);
    controller.resync();
    expect(queued).to.deep.equal(['p', 'p']);
    await controller.reconcile('p');
    expect(written).to.deep.equal(['p']);
  });

  it('keeps the revision that serves in the history, but only while it leads', async () => {
    const { controller, kept, lead } = setUp();
    lead(false);
    controller.upsert(makePlugin('p'));
    await controller.reconcile('p');
    expect(kept).to.deep.equal([]);
    lead(true);
    controller.resync();
    await controller.reconcile('p');
    controller.remove('uid-of-p');
    await controller.reconcile('p');
    expect(kept).to.deep.equal(['restart', 'p undefined', 'forget p']);
  });

  it('counts errors on from the status that another leader wrote', () => {
    const { controller, takenOver } = setUp();
    const plugin = makePlugin('p');
    controller.upsert(plugin);
    const metadata = { ...plugin.metadata, resourceVersion: '2' };
    controller.upsert({ ...plugin, metadata, status: { errors: 7 } });
    controller.resync();
    expect(takenOver).to.deep.equal(['p 7']);
  });
});
