import { expect } from 'chai';
import { readinessOf, waitUntilReady } from '../../../luaplugin/cluster/readiness.ts';
import { failureLines } from '../../../luaplugin/cluster/report-change.ts';
import { locationsInFiles, locationsOnCluster } from '../../../luaplugin/cluster/source-locations.ts';
import type { Condition, LuaPlugin } from '../../../operator/api/generated.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePlugin } from '../support/builders.ts';
import { ManualClock, until } from '../support/clock.ts';

type Short = readonly [type: string, status: Condition['status'], reason: string, message?: string];

/** A plugin of generation 2 whose status speaks of an observed one. */
function plugin(observedGeneration: number, ...conditions: Short[]): LuaPlugin {
  return {
    ...makePlugin('p', {}, { generation: 2 }),
    status: {
      observedGeneration,
      conditions: conditions.map(([type, status, reason, message = '']) => ({
        type,
        status,
        reason,
        message,
        observedGeneration,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      })),
    },
  };
}

describe("a plugin's readiness", () => {
  for (const [what, object, state] of [
    ['is waited for before anybody has looked', makePlugin('p', {}, { generation: 2 }), 'waiting'],
    [
      'is waited for while only an earlier generation was looked at',
      plugin(1, ['Ready', 'True', 'Serving']),
      'waiting',
    ],
    ['is there', plugin(2, ['Ready', 'True', 'Serving']), 'ready'],
    ['is there when a later generation is', plugin(3, ['Ready', 'True', 'Serving']), 'ready'],
    [
      'will not come for a script that does not compile',
      plugin(2, ['Ready', 'False', 'CompileError'], ['Stalled', 'True', 'CompileError']),
      'failed',
    ],
    ['will not come while it is suspended', plugin(2, ['Ready', 'False', 'Suspended']), 'failed'],
    ['is there where nothing needs it', plugin(2, ['Ready', 'True', 'Dormant']), 'ready'],
    ['may come once its script does', plugin(2, ['Ready', 'False', 'ScriptNotFound']), 'waiting'],
    ['is waited for where the status has no conditions', plugin(2), 'waiting'],
  ] as const) {
    it(what, () => {
      expect(readinessOf(object, 2).state).to.equal(state);
    });
  }
});

describe('waiting for a plugin', () => {
  const wait = (client: FakeClient, clock: ManualClock, news: string[] = []) =>
    waitUntilReady(plugin(0), client, {
      timeoutMs: 5_000,
      clock,
      onWaiting: (message) => news.push(message),
    });
  const pass = async (clock: ManualClock, client: FakeClient, calls: number) => {
    while (client.calls.length < calls) {
      await until(() => clock.sleepers === 1, 'a sleep between two looks');
      await clock.advance(250);
    }
  };

  it('ends when it is Ready, and has told what it waited for once', async () => {
    const client = new FakeClient();
    const clock = new ManualClock();
    for (let look = 0; look < 8; look++) client.answer(plugin(1));
    client.answer(plugin(2, ['Ready', 'True', 'Serving', 'revision 2 serves']));
    const news: string[] = [];
    const waited = wait(client, clock, news);
    await pass(clock, client, 9);
    expect((await waited).readiness).to.deep.equal({ state: 'ready', message: 'revision 2 serves' });
    expect(news).to.deep.equal(['the operator has not looked at generation 2 yet']);
  });

  it('ends when the time is over', async () => {
    const client = new FakeClient();
    const clock = new ManualClock();
    for (let look = 0; look < 21; look++) client.answer(plugin(1));
    const waited = wait(client, clock);
    await pass(clock, client, 21);
    expect((await waited).readiness.state).to.equal('waiting');
  });

  it('ends when the plugin is deleted, or another has its name', async () => {
    const gone = new ApiError(404, { kind: 'Status', reason: 'NotFound' });
    const other = { ...plugin(2), metadata: { name: 'p', uid: 'another' } };
    for (const client of [new FakeClient().refuse(gone), new FakeClient().answer(other)]) {
      const error: unknown = await wait(client, new ManualClock()).catch((caught: unknown) => caught);
      expect(error).to.have.property('message').that.contains('there is no LuaPlugin "p"');
    }
  });
});

describe('what is said of a plugin that is not Ready', () => {
  const lines = (object: LuaPlugin, places = locationsOnCluster('p')) =>
    failureLines({ readiness: readinessOf(object, 2), plugin: object }, 30_000, places);

  it("begins with the author's file and line", () => {
    const broken = plugin(
      2,
      ['Ready', 'False', 'CompileError', "p:3: syntax error near 'x'"],
      ['Stalled', 'True', 'CompileError'],
    );
    const places = locationsInFiles('p', 'src/p.lua', () => undefined);
    expect(lines(broken, places)).to.deep.equal([
      "src/p.lua:3: syntax error near 'x' (CompileError)",
      'p is not asked about Pods until that is mended',
    ]);
    expect(lines(broken)[0]).to.equal("p: CompileError: p:3: syntax error near 'x'");
  });

  it('names each failed test where it stands, and the revision that goes on serving', () => {
    const failing = plugin(
      2,
      ['Ready', 'False', 'TestsFailed', '1 of 1 tests failed; a: oh'],
      ['Stalled', 'True', 'TestsFailed'],
    );
    const status = {
      ...failing.status,
      activeRevision: { number: 4, hash: 'h', generation: 1 },
      tests: { passed: 0, failed: 1, failures: [{ name: 'a', message: 'expected skip, got p:7: oh' }] },
    };
    const places = locationsInFiles('p', 'p.lua', (test) => (test === 'a' ? 'tests.yaml:9' : undefined));
    expect(lines({ ...failing, status }, places)).to.deep.equal([
      'p: TestsFailed: 1 of 1 tests failed; a: oh',
      'tests.yaml:9: expected skip, got p.lua:7: oh',
      'meanwhile revision 4 (generation 1) goes on serving',
    ]);
  });

  it('asks whether the operator runs when nobody has looked', () => {
    expect(lines(plugin(1))).to.have.length(1);
    expect(lines(plugin(1))[0]).to.match(/after 30 s; is it running\?/);
  });
});

describe("places in the author's files", () => {
  it('are put for the name of the script as Lua cuts it, and as a webhook writes it', () => {
    const long = 'n'.repeat(70);
    const { inScript, ofTest } = locationsInFiles(long, 'x.lua', () => undefined);
    expect(inScript(`${'n'.repeat(59)}:4: a; ${long}:5: b`)).to.equal('x.lua:4: a; x.lua:5: b');
    expect(ofTest('t')).to.equal(`${long}: test "t"`);
  });

  it('are not put for parts of other words', () => {
    const { inScript } = locationsInFiles('p.q', 'x.lua', () => undefined);
    expect(inScript('http:80: p.q:1: pxq:2: ap.q:3:')).to.equal('http:80: x.lua:1: pxq:2: ap.q:3:');
  });
});
