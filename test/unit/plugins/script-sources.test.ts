import { expect } from 'chai';
import type { LuaPluginSpec } from '../../../operator/api/generated.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { ScriptSources } from '../../../operator/plugins/script/script-sources.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePlugin } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

function setUp() {
  const client = new FakeClient();
  const clock = new ManualClock();
  const changed: string[] = [];
  const { logger, lines } = recordingLogger();
  const sources = new ScriptSources({
    client,
    logger,
    clock,
  });
  sources.onChange((plugin) => changed.push(plugin));
  return { client, clock, changed, sources, lines };
}

function from(name: string, key = 'a.lua'): LuaPluginSpec {
  const { script, ...spec } = makePlugin('p').spec;
  return { ...spec, scriptFrom: { configMapKeyRef: { namespace: 'team', name, key } } };
}

function configMap(data: Record<string, string>, resourceVersion = '5', name = 'scripts') {
  return { metadata: { name, namespace: 'team', uid: `uid-of-${name}`, resourceVersion }, data };
}

function list(...items: object[]) {
  return { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items };
}

const forbidden = new ApiError(403, { kind: 'Status', reason: 'Forbidden', message: 'not allowed' });

describe('the sources of scripts', () => {
  it('ask nobody for a script that stands in the plugin', async () => {
    const { client, sources } = setUp();
    expect(await sources.read('p', makePlugin('p', { script: 'x' }).spec)).to.deep.equal({
      ok: true,
      script: 'x',
    });
    expect(client.calls).to.deep.equal([]);
  });

  it('list and watch the one ConfigMap that a plugin names, and no other', async () => {
    const { client, sources } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one' })));
    client.open();
    expect(await sources.read('p', from('scripts'))).to.deep.equal({ ok: true, script: 'one' });
    await eventually('the watch', () => client.watches.length === 1);
    for (const { path, query } of client.calls) {
      expect(path).to.equal('/api/v1/namespaces/team/configmaps');
      expect(query?.fieldSelector).to.equal('metadata.name=scripts');
    }
  });

  it('share the watch among plugins, and end it with the last of them', async () => {
    const { client, sources } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one', 'b.lua': 'two' })));
    client.open();
    await sources.read('p', from('scripts'));
    expect(await sources.read('q', from('scripts', 'b.lua'))).to.deep.equal({ ok: true, script: 'two' });
    await eventually('the watch', () => client.watches.length === 1);
    expect(client.lists).to.have.length(1);
    sources.release('p');
    expect(sources.watches).to.equal(1);
    await sources.read('q', makePlugin('q', { script: 'its own now' }).spec);
    expect(sources.watches).to.equal(0);
    await eventually('the watch to end', () => client.watches[0]?.signal?.aborted);
  });

  it('tell a plugin of a change of its own key, and of nothing else', async () => {
    const { client, sources, changed } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one', 'b.lua': 'two' })));
    const watch = client.open();
    await sources.read('p', from('scripts'));
    await sources.read('q', from('scripts', 'b.lua'));
    watch.send({ type: 'MODIFIED', object: configMap({ 'a.lua': 'one', 'b.lua': 'other' }, '6') });
    await eventually('news', () => changed.length > 0);
    expect(changed).to.deep.equal(['q']);
    expect(await sources.read('q', from('scripts', 'b.lua'))).to.deep.equal({ ok: true, script: 'other' });
  });

  it('tell when a ConfigMap goes, and when it comes again', async () => {
    const { client, sources, changed } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one' })));
    const watch = client.open();
    await sources.read('p', from('scripts'));
    watch.send({ type: 'DELETED', object: configMap({ 'a.lua': 'one' }, '6') });
    await eventually('news', () => changed.length === 1);
    expect(await sources.read('p', from('scripts'))).to.deep.equal({
      ok: false,
      message: 'the ConfigMap team/scripts does not exist',
    });
    watch.send({ type: 'ADDED', object: configMap({ 'a.lua': 'two' }, '7') });
    await eventually('news', () => changed.length === 2);
    expect(await sources.read('p', from('scripts'))).to.deep.equal({ ok: true, script: 'two' });
  });

  it('follow a plugin to another ConfigMap', async () => {
    const { client, sources } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one' }))).answer(list());
    client.open();
    await sources.read('p', from('scripts'));
    await eventually('the first watch', () => client.watches.length === 1);
    client.open();
    expect((await sources.read('p', from('others'))).ok).to.equal(false);
    expect(sources.watches).to.equal(1);
  });

  it('name the rule that RBAC lacks, and heal when it comes', async () => {
    const { client, sources, changed, clock, lines } = setUp();
    client.refuse(forbidden).answer(list(configMap({ 'a.lua': 'one' })));
    client.open();
    const refused = await sources.read('p', from('scripts'));
    expect(refused.ok ? '' : refused.message).to.equal(
      'the operator may not read the ConfigMap team/scripts; add a Role in the namespace team with the rule ' +
        '{apiGroups: [""], resources: [configmaps], resourceNames: [scripts], verbs: [list, watch]}, ' +
        "and a RoleBinding of it to the operator's service account",
    );
    // The plugin's own line says it; that of the watch, with advice about the operator's roles, is for debugging.
    expect(lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
    expect(JSON.stringify(lines))
      .to.contain('403 Forbidden: not allowed')
      .and.not.to.contain('config/default');
    changed.length = 0;
    await eventually('the retry', async () => {
      await clock.advance(1_000);
      return changed.includes('p');
    });
    expect(await sources.read('p', from('scripts'))).to.deep.equal({ ok: true, script: 'one' });
  });

  it('ask ever more seldom for what is forbidden, and once a minute in the end', async () => {
    const { client, sources, clock } = setUp();
    for (let refusal = 0; refusal < 500; refusal += 1) client.refuse(forbidden);
    await sources.read('p', from('scripts'));
    await clock.advance(600_000);
    const afterTenMinutes = client.calls.length;
    expect(afterTenMinutes).to.be.within(10, 20);
    await clock.advance(600_000);
    expect(client.calls.length - afterTenMinutes).to.be.within(8, 11);
  });

  it('keep what they know while the API server can not be asked', async () => {
    const { client, sources, changed } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one' })));
    const watch = client.open();
    await sources.read('p', from('scripts'));
    await eventually('the watch', () => client.watches.length === 1);
    watch.fail(new Error('connection reset'));
    expect(await sources.read('p', from('scripts'))).to.deep.equal({ ok: true, script: 'one' });
    expect(changed).to.deep.equal([]);
  });

  it('wait five seconds for a first answer, and say then that there is none', async () => {
    const { sources, clock } = setUp();
    const reading = sources.read('p', from('scripts'));
    await clock.advance(5_000);
    expect(await reading).to.deep.equal({
      ok: false,
      message: "the ConfigMap team/scripts can't be read: no answer yet",
    });
  });

  it('end with the operator, and start nothing afterwards', async () => {
    const { client, sources } = setUp();
    client.answer(list(configMap({ 'a.lua': 'one' })));
    client.open();
    await sources.read('p', from('scripts'));
    const stop = new AbortController();
    const running = sources.run(stop.signal);
    stop.abort();
    await running;
    expect((await sources.read('p', from('scripts'))).ok).to.equal(false);
    expect(sources.watches).to.equal(0);
  });
});
