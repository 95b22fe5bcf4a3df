import { expect } from 'chai';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { Metrics } from '../../../operator/observability/metrics.ts';
import { Lifecycle } from '../../../operator/plugins/lifecycle/lifecycle.ts';
import type { ScriptText } from '../../../operator/plugins/script/script-text.ts';
import { type PluginChange, PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { Statistics } from '../../../operator/plugins/status/statistics.ts';
import { failureReasons } from '../../../operator/sandbox/contract.ts';
import { makePlugin } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { failing, resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

/** Scripts as if a ConfigMap held them; a spec's own goes first. */
class FakeScripts {
  text: ScriptText = { ok: false, message: 'the ConfigMap a/b does not exist' };

  read(_plugin: string, { script }: LuaPluginSpec): Promise<ScriptText> {
    return Promise.resolve(script === undefined ? this.text : { ok: true, script });
  }

  release(): void {}
}

function setUp() {
  const sandbox = new ScriptedSandbox();
  const plugins = new PluginSet();
  const changes: PluginChange[] = [];
  plugins.subscribe((change) => changes.push(change));
  const metrics = new Metrics(failureReasons);
  const clock = new ManualClock(0);
  const statistics = new Statistics({ metrics, clock, onNewError: () => {} });
  const missing: string[] = [];
  const scripts = new FakeScripts();
  /** By number, what was stored of the plugin. */
  const stored = new Map<number, LuaPlugin>();
  const lifecycle = new Lifecycle({
    sandbox,
    plugins,
    scripts,
    statistics,
    metrics,
    logger: silentLogger,
    clock,
    namespaceLabels: () => undefined,
    missingGroups: (groups) => Promise.resolve(groups.filter((group) => missing.includes(group))),
    storedRevision: (_plugin, { number }) => Promise.resolve(stored.get(number)),
  });
  sandbox.failures.set('broken', { reason: 'compile', message: 'p:1: syntax error', line: 1 });
  return { sandbox, plugins, changes, metrics, lifecycle, missing, scripts, stored, clock };
}

describe('the life of a plugin', () => {
  it('serves once it is loaded', async () => {
    const { lifecycle, plugins, sandbox } = setUp();
    const state = await lifecycle.apply(makePlugin('p', { script: 'good' }));
    expect(state.outcome).to.deep.equal({ state: 'serving' });
    expect(state.active).to.include({ number: 1, generation: 1 });
    expect(plugins.get('p')?.program).to.equal(state.active?.program);
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['good']);
  });

  it('passes limits on in milliseconds and bytes', async () => {
    const { lifecycle, sandbox } = setUp();
    await lifecycle.apply(makePlugin('p', { limits: { timeout: '1s', memory: '32Mi' } }));
    const [program] = sandbox.loaded.values();
    expect(program?.limits).to.deep.equal({ timeoutMs: 1000, memoryBytes: 32 * 1024 * 1024 });
  });

  it('swaps a changed script in and lets the old one go', async () => {
    const { lifecycle, plugins, sandbox, changes } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'one' }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'two' }, { generation: 2 }));
    expect(state.active?.number).to.equal(2);
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['two']);
    expect(changes.at(-1)?.after?.program, 'Pods are told').to.equal(plugins.get('p')?.program);
  });

  it('lets the last good revision serve on when the new script does not compile', async () => {
    const { lifecycle, plugins, sandbox, metrics } = setUp();
    const before = await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'broken' }, { generation: 2 }));
    expect(state.outcome).to.include({
      state: 'failed',
      reason: 'CompileError',
      message: 'p:1: syntax error',
    });
    expect(state.active).to.deep.equal(before.active);
    expect(plugins.get('p')?.program).to.equal(before.active?.program);
    expect([...sandbox.loaded.keys()]).to.deep.equal([before.active?.program]);
    expect(await metrics.registry.metrics())
      .to.contain('luaplugin_errors_total{plugin="p",reason="compile"} 1')
      .and.to.contain('luaplugin_reloads_total{plugin="p",result="failure"} 1')
      .and.to.contain('luaplugin_ready{plugin="p"} 0');
  });

  it('keeps its place among the plugins when it never served, so that its Pods keep what they have', async () => {
    const { lifecycle, plugins } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'broken' }));
    expect(plugins.get('p')).to.include({ name: 'p', program: undefined });
  });

  it('keeps the Pods of an earlier run for a plugin whose turn has not come, in its place in the order', async () => {
    const { lifecycle, plugins } = setUp();
    const served = { ...makePlugin('p', { script: 'good', priority: 7 }), status: servedBefore };
    lifecycle.holdPlace(served);
    lifecycle.holdPlace(makePlugin('new'));
    expect(plugins.get('p')).to.include({ priority: 7, mode: 'Enforce', program: undefined });
    expect(plugins.get('new')).to.equal(undefined);
    const { active } = await lifecycle.apply(served);
    lifecycle.holdPlace(served);
    expect(plugins.get('p')?.program).to.equal(active?.program).and.not.equal(undefined);
  });

  it('runs tests again that had to be stopped, also when nothing but the tests changed', async () => {
    const { lifecycle, sandbox, clock } = setUp();
    let isBusy = true;
    const slow = { reason: 'timeout', message: 'took longer than its limit of 50 ms' } as const;
    sandbox.answers.set('good', () => (isBusy ? failing(slow) : resolved('Job', 'j')));
    await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const tests = [{ name: 't', metadata: {}, expect: { type: 'Job', name: 'j' } }];
    const changed = makePlugin('p', { script: 'good', tests }, { generation: 2 });
    const { outcome, retryAt } = await lifecycle.apply(changed);
    expect(outcome).to.include({ reason: 'TestsFailed', retry: 'perhaps' });
    isBusy = false;
    clock.skip((retryAt ?? 0) - clock.now());
    expect((await lifecycle.apply(changed)).outcome.state).to.equal('serving');
  });

  it('goes on as the same revision when the script is changed back', async () => {
    const { lifecycle } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'good' }));
    await lifecycle.apply(makePlugin('p', { script: 'broken' }, { generation: 2 }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'good' }, { generation: 3 }));
    expect(state.outcome.state).to.equal('serving');
    expect(state.active?.number).to.equal(1);
  });

  it('counts revisions on from the status after a restart', async () => {
    const { lifecycle } = setUp();
    const plugin = makePlugin('p', { script: 'good' }, { generation: 7 });
    plugin.status = { activeRevision: { number: 4, hash: 'another', generation: 6 } };
    expect((await lifecycle.apply(plugin)).active?.number).to.equal(5);
  });

  it('lets the revision that served before a restart serve on when the latest generation fails', async () => {
    const { lifecycle, plugins, sandbox, stored } = setUp();
    stored.set(4, makePlugin('p', { script: 'good' }));
    const plugin = makePlugin('p', { script: 'broken' }, { generation: 7 });
    plugin.status = { activeRevision: { number: 4, hash: 'h', generation: 6 } };
    const state = await lifecycle.apply(plugin);
    expect(state.outcome).to.include({ state: 'failed', reason: 'CompileError' });
    expect(state.active).to.include({ number: 4, hash: 'h', generation: 6 });
    expect(plugins.get('p')?.program).to.equal(state.active?.program);
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['good']);

    const mended = await lifecycle.apply(makePlugin('p', { script: 'better' }, { generation: 8 }));
    expect(mended.active?.number).to.equal(5);
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['better']);
  });

  it('lets none serve after a restart when the earlier revision is not there, or does not load either', async () => {
    const { lifecycle, plugins, sandbox, stored } = setUp();
    stored.set(4, makePlugin('q', { script: 'broken' }));
    for (const [name, number] of [['p', 3] as const, ['q', 4] as const]) {
      const plugin = makePlugin(name, { script: 'broken' }, { generation: 7 });
      plugin.status = { activeRevision: { number, hash: 'h', generation: 6 } };
      expect((await lifecycle.apply(plugin)).active).to.equal(undefined);
      expect(plugins.get(name)).to.include({ program: undefined });
    }
    expect(sandbox.loaded.size).to.equal(0);
  });

  it('asks for no earlier revision of a plugin that is suspended or waits for what it requires', async () => {
    for (const spec of [{ suspend: true }, { requires: { apiGroups: ['x'] } }]) {
      const plugin = makePlugin('p', { script: 'good', ...spec });
      plugin.status = { activeRevision: { number: 4, hash: 'h', generation: 1 } };
      const { lifecycle, missing, stored } = setUp();
      missing.push('x');
      stored.set(4, makePlugin('p', { script: 'good' }));
      expect((await lifecycle.apply(plugin)).active).to.equal(undefined);
    }
  });

  it('does not serve a revision whose tests fail', async () => {
    const { lifecycle, plugins, sandbox } = setUp();
    sandbox.answers.set('good', () => resolved('StatefulSet', 'db'));
    const tests = [
      { name: 'finds it', metadata: { name: 'db-0' }, expect: { type: 'StatefulSet', name: 'db' } },
      { name: 'leaves others', metadata: { name: 'x' }, expect: { skip: true as const } },
    ];
    const state = await lifecycle.apply(makePlugin('p', { script: 'good', tests }));
    expect(state.outcome).to.deep.include({
      state: 'failed',
      reason: 'TestsFailed',
      message: '1 of 2 tests failed; leaves others: expected skip, got StatefulSet "db"',
    });
    expect(plugins.get('p')?.program).to.equal(undefined);
    expect(sandbox.loaded.size, 'the failed revision is not kept').to.equal(0);
  });

  it('runs changed tests on the revision that serves', async () => {
    const { lifecycle, plugins } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const tests = [{ name: 'wrong', metadata: {}, expect: { type: 'Job', name: 'j' } }];
    const state = await lifecycle.apply(makePlugin('p', { script: 'good', tests }, { generation: 2 }));
    expect(state.outcome).to.include({ state: 'failed', reason: 'TestsFailed' });
    expect(plugins.get('p')?.program, 'it serves on').to.equal(state.active?.program);
  });

  it('does not load a script whose parameters break their schema', async () => {
    const { lifecycle, sandbox } = setUp();
    sandbox.parameters = { ok: false, message: 'spec.parameters.team: must be string' };
    const state = await lifecycle.apply(makePlugin('p'));
    expect(state.outcome).to.include({
      reason: 'InvalidParameters',
      message: 'spec.parameters.team: must be string',
    });
    expect(sandbox.loaded.size).to.equal(0);
  });

  it('gives its Pods to the next plugin while it is suspended', async () => {
    const { lifecycle, plugins, sandbox } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const state = await lifecycle.apply(
      makePlugin('p', { script: 'good', suspend: true }, { generation: 2 }),
    );
    expect(state.outcome).to.deep.equal({ state: 'suspended' });
    expect(plugins.get('p')).to.equal(undefined);
    expect(sandbox.loaded.size).to.equal(0);
  });

  it('shows in the metrics that it is suspended, which is another thing than to fail', async () => {
    const { lifecycle, metrics } = setUp();
    const shown = async () => (await metrics.registry.metrics()).match(/^luaplugin_(ready|suspended)\{.*/gm);
    await lifecycle.apply(makePlugin('p', { script: 'broken' }));
    expect(await shown()).to.deep.equal([
      'luaplugin_ready{plugin="p"} 0',
      'luaplugin_suspended{plugin="p"} 0',
    ]);
    await lifecycle.apply(makePlugin('p', { script: 'broken', suspend: true }, { generation: 2 }));
    expect(await shown()).to.deep.equal([
      'luaplugin_ready{plugin="p"} 0',
      'luaplugin_suspended{plugin="p"} 1',
    ]);
    await lifecycle.apply(makePlugin('p', { script: 'good' }, { generation: 3 }));
    expect(await shown()).to.deep.equal([
      'luaplugin_ready{plugin="p"} 1',
      'luaplugin_suspended{plugin="p"} 0',
    ]);
  });

  it('counts its revisions on after it was suspended', async () => {
    const { lifecycle } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'one' }));
    await lifecycle.apply(makePlugin('p', { script: 'two' }, { generation: 2 }));
    await lifecycle.apply(makePlugin('p', { script: 'two', suspend: true }, { generation: 3 }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'three' }, { generation: 4 }));
    expect(state.active?.number).to.equal(3);
  });

  it('waits for the API groups that it requires, and starts when they are served', async () => {
    const { lifecycle, missing, clock } = setUp();
    missing.push('apps.kruise.io');
    const plugin = makePlugin('p', { requires: { apiGroups: ['apps.kruise.io'] } });
    const waiting = await lifecycle.apply(plugin);
    expect(waiting.outcome.state).to.equal('dormant');
    missing.pop();
    expect((await lifecycle.apply(plugin)).outcome.state, 'it looks every 15 s').to.equal('dormant');
    clock.skip(15_000);
    expect((await lifecycle.apply(plugin)).outcome.state).to.equal('serving');
  });

  it('has no metrics, nothing in the sandbox and no place among the plugins while it is dormant', async () => {
    const { lifecycle, missing, metrics, sandbox, plugins, clock } = setUp();
    const plugin = makePlugin('p', { requires: { apiGroups: ['apps.kruise.io'] } });
    const series = async () => (await metrics.registry.metrics()).match(/plugin="p"/g)?.length ?? 0;
    await lifecycle.apply(plugin);
    expect([sandbox.loaded.size, await series()]).to.satisfy(
      ([loaded = 0, count = 0]) => loaded === 1 && count > 0,
    );
    missing.push('apps.kruise.io');
    await lifecycle.apply({ ...plugin, metadata: { ...plugin.metadata, generation: 2 } });
    clock.skip(15_000);
    await lifecycle.apply({ ...plugin, metadata: { ...plugin.metadata, generation: 2 } });
    expect([sandbox.loaded.size, await series(), plugins.get('p')]).to.deep.equal([0, 0, undefined]);
  });

  it('keeps the Pods of a plugin that served before a restart, as long as it can not be tried', async () => {
    const { lifecycle, plugins } = setUp();
    const plugin = makePlugin('p', { script: 'good', requires: { apiGroups: ['x'] } });
    plugin.status = { activeRevision: { number: 4, hash: 'h', generation: 1 } };
    const broken = { ...plugin, spec: { ...plugin.spec, priority: 'high' as never } };
    lifecycle.holdPlace(broken);
    await lifecycle.apply(broken);
    expect(plugins.get('p')).to.include({ priority: 0, program: undefined });
  });

  it('refuses a spec that holds more than the operator takes, without looking at it', async () => {
    const { lifecycle } = setUp();
    const excess = { path: 'spec.parameters', message: 'must hold at most 10000 values' };
    const state = await lifecycle.apply(makePlugin('p'), excess);
    expect(state.outcome).to.include({
      reason: 'InvalidSpec',
      message: 'spec.parameters: must hold at most 10000 values',
    });
  });

  it('runs no test after one that had to be stopped', async () => {
    const { lifecycle, sandbox } = setUp();
    sandbox.answers.set('slow', () => failing({ reason: 'timeout', message: 'took longer' }));
    const tests = ['a', 'b', 'c'].map((name) => ({ name, metadata: {}, expect: { skip: true as const } }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'slow', tests }));
    expect(sandbox.calls).to.have.length(1);
    expect(
      state.outcome.state === 'failed' && state.outcome.tests?.failures.map(({ message }) => message),
    ).to.deep.equal([
      'expected skip, got an error (timeout): took longer',
      'not run: the test "a" had to be stopped',
      'not run: the test "a" had to be stopped',
    ]);
  });

  it('does not load a script again before its time, however often the plugin is looked at', async () => {
    const { lifecycle, sandbox, clock, metrics } = setUp();
    sandbox.failures.set('slow', { reason: 'timeout', message: 'took longer' });
    const plugin = makePlugin('p', { script: 'slow' });
    for (let look = 0; look < 5; look += 1) await lifecycle.apply(plugin);
    clock.skip(1_000);
    for (let look = 0; look < 5; look += 1) await lifecycle.apply(plugin);
    expect(await metrics.registry.metrics()).to.contain(
      'luaplugin_errors_total{plugin="p",reason="timeout"} 2',
    );
  });

  it('does nothing twice for one generation', async () => {
    const { lifecycle, changes } = setUp();
    await lifecycle.apply(makePlugin('p'));
    await lifecycle.apply(makePlugin('p'));
    expect(changes).to.have.length(1);
  });

  it('leaves nothing behind when it is deleted', async () => {
    const { lifecycle, plugins, sandbox, metrics } = setUp();
    await lifecycle.apply(makePlugin('p'));
    lifecycle.remove('p');
    expect(plugins.get('p')).to.equal(undefined);
    expect(sandbox.loaded.size).to.equal(0);
    expect(await metrics.registry.metrics()).not.to.contain('plugin="p"');
  });

  it('leaves no series behind when it is deleted before anything could be said of it', async () => {
    const { lifecycle, metrics, scripts } = setUp();
    scripts.read = () => Promise.reject(new Error('no answer yet'));
    const outcome = await lifecycle.apply(makePlugin('p')).catch((error: Error) => error.message);
    expect(outcome).to.equal('no answer yet');
    expect(await metrics.registry.metrics()).to.contain('plugin="p"');
    lifecycle.remove('p');
    expect(await metrics.registry.metrics()).not.to.contain('plugin="p"');
  });

  it('is another plugin when it was deleted and made anew under the same name', async () => {
    const { lifecycle } = setUp();
    const { active: before } = await lifecycle.apply(makePlugin('p', { script: 'one' }));
    const state = await lifecycle.apply(makePlugin('p', { script: 'two' }, { uid: 'another' }));
    expect(state.active?.number).to.equal(1);
    expect(state.active?.program, 'Pods have to be asked again').not.to.equal(before?.program);
  });

  it('waits for a script that is not there, without being stalled, and starts when it comes', async () => {
    const { lifecycle, plugins, scripts, sandbox } = setUp();
    const plugin = fromConfigMap('p');
    const waiting = await lifecycle.apply(plugin);
    expect(waiting.outcome).to.include({
      reason: 'ScriptNotFound',
      message: 'the ConfigMap a/b does not exist',
      retry: 'waiting',
    });
    expect(plugins.get('p'), 'it keeps its place').to.include({ program: undefined });
    scripts.text = { ok: true, script: 'good' };
    lifecycle.scriptChanged('p');
    const state = await lifecycle.apply(plugin);
    expect(state.outcome.state).to.equal('serving');
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['good']);
  });

  it('makes a new revision of a changed script though the generation stays', async () => {
    const { lifecycle, scripts } = setUp();
    const plugin = fromConfigMap('p');
    scripts.text = { ok: true, script: 'one' };
    await lifecycle.apply(plugin);
    scripts.text = { ok: true, script: 'two' };
    expect((await lifecycle.apply(plugin)).active?.number, 'nobody said so').to.equal(1);
    lifecycle.scriptChanged('p');
    const { active } = await lifecycle.apply(plugin);
    expect(active).to.include({ number: 2, generation: 1 });
    expect(active?.plugin.spec, 'the text that runs').to.include({ script: 'two' });
  });

  it('serves on while its script can not be read, and takes no new revision when it comes back the same', async () => {
    const { lifecycle, plugins, scripts } = setUp();
    const plugin = fromConfigMap('p');
    scripts.text = { ok: true, script: 'one' };
    const { active } = await lifecycle.apply(plugin);
    scripts.text = { ok: false, message: 'the ConfigMap a/b does not exist' };
    lifecycle.scriptChanged('p');
    const gone = await lifecycle.apply(plugin);
    expect(gone.outcome).to.include({ reason: 'ScriptNotFound' });
    expect(plugins.get('p')?.program).to.equal(active?.program);
    scripts.text = { ok: true, script: 'one' };
    lifecycle.scriptChanged('p');
    expect((await lifecycle.apply(plugin)).active).to.include({ number: 1, program: active?.program });
  });

  it('makes no new revision when the same script moves to a ConfigMap', async () => {
    const { lifecycle, scripts } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'one' }));
    scripts.text = { ok: true, script: 'one' };
    const { active } = await lifecycle.apply(fromConfigMap('p', 2));
    expect(active).to.include({ number: 1 });
  });

  it('logs and counts a script that stays away only once', async () => {
    const { lifecycle, clock, metrics } = setUp();
    for (let look = 0; look < 3; look += 1) {
      await lifecycle.apply(fromConfigMap('p'));
      clock.skip(15_000);
    }
    expect(await metrics.registry.metrics()).to.contain(
      'luaplugin_reloads_total{plugin="p",result="failure"} 1',
    );
  });

  it('keeps one program in the sandbox, however often the plugin is changed', async () => {
    const { lifecycle, sandbox } = setUp();
    for (let generation = 1; generation <= 100; generation += 1) {
      const script = generation % 10 === 0 ? 'broken' : `change ${generation}`;
      await lifecycle.apply(makePlugin('p', { script }, { generation }));
    }
    expect([...sandbox.loaded.values()].map(({ script }) => script)).to.deep.equal(['change 99']);
  });

  it('takes another match without loading the script again', async () => {
    const { lifecycle, plugins, sandbox } = setUp();
    const before = await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const match = { owners: [{ kind: 'CloneSet' }] };
    const state = await lifecycle.apply(makePlugin('p', { script: 'good', match }, { generation: 2 }));
    expect(state.active).to.include({ number: 2, generation: 2, program: before.active?.program });
    expect(state.active?.hash).not.to.equal(before.active?.hash);
    expect(plugins.get('p')?.matches({ namespace: 'a' })).to.equal(false);
    expect(sandbox.loaded.size).to.equal(1);
  });

  it('does not take another match when the tests that come with it fail', async () => {
    const { lifecycle, plugins } = setUp();
    await lifecycle.apply(makePlugin('p', { script: 'good' }));
    const match = { owners: [{ kind: 'CloneSet' }] };
    const tests = [{ name: 'wrong', metadata: {}, expect: { type: 'Job', name: 'j' } }];
    const state = await lifecycle.apply(makePlugin('p', { script: 'good', match, tests }, { generation: 2 }));
    expect(state.outcome).to.include({ reason: 'TestsFailed' });
    expect(state.active).to.include({ number: 1, generation: 1 });
    expect(plugins.get('p')?.matches({ namespace: 'a' })).to.equal(true);
  });
});

const servedBefore = { activeRevision: { number: 4, hash: 'another', generation: 6 } };

function fromConfigMap(name: string, generation = 1) {
  const { script, ...spec } = makePlugin(name).spec;
  const scriptFrom = { configMapKeyRef: { namespace: 'a', name: 'b', key: 'c' } };
  return { ...makePlugin(name, {}, { generation }), spec: { ...spec, scriptFrom } };
}
