import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { type Origin, Reflector, type ReflectorOptions } from '../../../operator/kube/watch/reflector.ts';
import { ManualClock, settle, until } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { FakeClient } from './fake-client.ts';
import { added, bookmark, deleted, expired, makePage, makePod, modified } from './objects.ts';

/** Keeps what it is told, by UID; the journal has the calls in order. */
class MapSink {
  readonly objects = new Map<string, KubeObject>();
  readonly journal: string[] = [];
  readonly origins: Origin[] = [];

  upsert(object: KubeObject, origin: Origin): void {
    this.journal.push(`upsert ${object.metadata.uid}`);
    this.origins.push(origin);
    this.objects.set(object.metadata.uid, object);
  }

  remove(uid: string): void {
    this.journal.push(`remove ${uid}`);
    this.objects.delete(uid);
  }

  uids(): Iterable<string> {
    return this.objects.keys();
  }

  get names(): string[] {
    return [...this.objects.values()].map(({ metadata }) => metadata.name).sort();
  }
}

const reset = () => new ConnectionError('other side closed', { code: 'UND_ERR_SOCKET' });
const refused = () => new ConnectionError('connect ECONNREFUSED 10.0.0.1:443', { code: 'ECONNREFUSED' });

describe('Reflector', () => {
  let client: FakeClient;
  let clock: ManualClock;
  let sink: MapSink;
  let stop: AbortController;
  let ended: Promise<void>;
  let reflector: Reflector<KubeObject>;
  let lines: ReturnType<typeof recordingLogger>['lines'];
  let errors: unknown[];

  function start(options: Partial<ReflectorOptions<KubeObject>> = {}): void {
    const recording = recordingLogger();
    lines = recording.lines;
    reflector = new Reflector<KubeObject>({
      client,
      path: '/api/v1/pods',
      what: 'Pods',
      sink,
      logger: recording.logger,
      clock,
      random: () => 0.5,
      onError: (error) => errors.push(error),
      ...options,
    });
    ended = reflector.run(stop.signal);
  }

  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  const infos = () => lines.filter(({ level }) => level === 'info').map(({ msg }) => msg);

  beforeEach(() => {
    client = new FakeClient();
    clock = new ManualClock();
    sink = new MapSink();
    stop = new AbortController();
    ended = Promise.resolve();
    errors = [];
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  describe('list', () => {
    it('reads all pages of one list and watches from its resourceVersion', async () => {
      client.answer(makePage([makePod('a')], { version: '100', next: 'token' }));
      client.answer(makePage([makePod('b')], { version: '100' }));
      client.open();
      start({ pageSize: 1, query: { fieldSelector: 'spec.nodeName=n1' } });
      await reflector.synced;
      await until(() => client.watches.length === 1, 'the watch');
      expect(sink.names).to.deep.equal(['a', 'b']);
      expect(client.lists.map(({ query }) => query)).to.deep.equal([
        { fieldSelector: 'spec.nodeName=n1', limit: 1, continue: undefined },
        { fieldSelector: 'spec.nodeName=n1', limit: 1, continue: 'token' },
      ]);
      expect(client.watches[0]?.query).to.deep.equal({
        fieldSelector: 'spec.nodeName=n1',
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: '100',
        timeoutSeconds: 450,
      });
    });

    it('is told in the log with its duration in whole milliseconds', async () => {
      sink.upsert = () => clock.skip(12.33740234375);
      client.answer(makePage([makePod('a')]));
      start();
      await reflector.synced;
      expect(lines.find(({ msg }) => msg === 'Pods: synced')).to.include({ seconds: 0.012 });
    });

    it('is synced only when the last page is in the sink', async () => {
      client.answer(makePage([makePod('a')], { next: 'token' }));
      start();
      await settle();
      expect(sink.names).to.deep.equal(['a']);
      expect(reflector.isSynced).to.equal(false);
    });

    it('asks for metadata only, in the list and in the watch', async () => {
      client.answer(makePage([]));
      client.open();
      start({ metadataOnly: true });
      await until(() => client.watches.length === 1, 'the watch');
      expect(client.lists[0]?.accept).to.contain('as=PartialObjectMetadataList');
      expect(client.watches[0]?.accept).to.contain('as=PartialObjectMetadata;');
    });

    it('starts again when a continue token has expired, with larger pages', async () => {
      client.answer(makePage([makePod('a'), makePod('b')], { version: '100', next: 'old' }));
      client.refuse(new ApiError(410, { reason: 'Expired' }));
      client.answer(makePage([makePod('b')], { version: '200' }));
      client.open();
      start({ pageSize: 2 });
      await clock.advance(1_000);
      await reflector.synced;
      expect(sink.names).to.deep.equal(['b']);
      expect(client.lists.map(({ query }) => query?.limit)).to.deep.equal([2, 2, 20]);
      expect(client.watches[0]?.query?.resourceVersion).to.equal('200');
    });

    it('takes the first list from the cache of the server, whole, where many instances list', async () => {
      client.answer(makePage([makePod('a')], { version: '100' }));
      client.open();
      start({ fromCache: true, query: { fieldSelector: 'spec.nodeName=n1' } });
      await reflector.synced;
      await until(() => client.watches.length === 1, 'the watch');
      expect(client.lists.map(({ query }) => query)).to.deep.equal([
        { fieldSelector: 'spec.nodeName=n1', resourceVersion: '0', resourceVersionMatch: 'NotOlderThan' },
      ]);
      expect(client.watches[0]?.query?.resourceVersion).to.equal('100');
    });

    it('takes no list from the cache that is older than what was seen', async () => {
      client.answer(makePage([makePod('a')], { version: '100' }));
      client.open().send(modified(makePod('a', { version: '120' })), expired());
      client.answer(makePage([makePod('a', { version: '130' })], { version: '130' }));
      start({ fromCache: true });
      await clock.advance(1_000);
      expect(client.lists.map(({ query }) => query?.resourceVersion)).to.deep.equal(['0', '120']);
    });

    it('asks for the latest state when the cache can not answer, as after data was restored', async () => {
      client.answer(makePage([makePod('lost')], { version: '1000' }));
      client.open().send(expired());
      client.refuse(new ApiError(504, { kind: 'Status', reason: 'Timeout' }));
      client.answer(makePage([makePod('kept')], { version: '900' }));
      client.open().send(expired());
      client.answer(makePage([makePod('kept')], { version: '950' }));
      start({ fromCache: true });
      await clock.advance(5_000);
      const asked = client.lists.map(({ query }) => query?.resourceVersion ?? `limit ${query?.limit}`);
      expect(asked).to.deep.equal(['0', '1000', 'limit 500', '900']);
      expect(sink.origins).to.deep.equal(['list', 'restored', 'list']);
    });

    it('stays with the cache while the server is only busy', async () => {
      for (const error of [new ApiError(429), new ApiError(503), reset()]) client.refuse(error);
      client.answer(makePage([makePod('a')]));
      client.open();
      start({ fromCache: true });
      await clock.advance(10_000);
      expect(client.lists.map(({ query }) => query?.resourceVersion)).to.deep.equal(['0', '0', '0', '0']);
    });

    it('comes at a random time within the spread, at the start and after a 410', async () => {
      client.answer(makePage([]));
      client.open().send(expired());
      client.answer(makePage([]));
      client.open();
      start({ spread: { firstMs: 4_000, goneMs: 6_000 } });
      await clock.advance(1_999);
      expect(client.lists).to.have.length(0);
      await clock.advance(1);
      expect(client.lists).to.have.length(1);
      await clock.advance(2_999);
      expect(client.lists).to.have.length(1);
      await clock.advance(1);
      expect(client.lists).to.have.length(2);
    });

    it('names the type of items, which a typed list leaves out', async () => {
      const { apiVersion, kind, ...bare } = makePod('a');
      client.answer(makePage([bare]));
      start();
      await reflector.synced;
      expect([...sink.objects.values()]).to.deep.equal([makePod('a')]);
    });
  });

  describe('watch', () => {
    it('applies events in order', async () => {
      client.answer(makePage([makePod('a')]));
      const watch = client.open();
      start();
      watch.send(added(makePod('b')), modified(makePod('a', { version: '101' })), deleted(makePod('b')));
      await until(() => sink.journal.length === 4, 'four changes');
      expect(sink.journal).to.deep.equal(['upsert uid-a', 'upsert uid-b', 'upsert uid-a', 'remove uid-b']);
    });

    it('resumes from the last event after a reset, without a list', async () => {
      client.answer(makePage([]));
      const first = client.open();
      client.open();
      start();
      first.send(added(makePod('a', { version: '105' })));
      await until(() => sink.names.length === 1, 'the Pod');
      first.fail(reset());
      await clock.advance(1_000);
      expect(client.lists).to.have.length(1);
      expect(client.watches[1]?.query?.resourceVersion).to.equal('105');
    });

    it('resumes from the last bookmark when the server ends the watch', async () => {
      client.answer(makePage([]));
      const first = client.open();
      client.open();
      start();
      await settle();
      first.send(bookmark('900'));
      await clock.advance(60_000);
      first.end();
      await until(() => client.watches.length === 2, 'the next watch');
      expect(client.watches[1]?.query?.resourceVersion).to.equal('900');
      expect(errors).to.deep.equal([]);
    });

    it('repeats an event whose line was cut', async () => {
      client.answer(makePage([]));
      const first = client.open();
      const second = client.open();
      start();
      first.send(added(makePod('a', { version: '101' })));
      first.sendText(JSON.stringify(added(makePod('b', { version: '102' }))).slice(0, 40));
      first.end();
      await clock.advance(1_000);
      expect(client.watches[1]?.query?.resourceVersion).to.equal('101');
      second.send(added(makePod('b', { version: '102' })));
      await until(() => sink.names.length === 2, 'the second Pod');
    });

    for (const [how, script] of [
      ['an ERROR event', (fake: FakeClient) => fake.open().send(expired())],
      ['an HTTP 410', (fake: FakeClient) => fake.refuseStream(new ApiError(410))],
    ] as const) {
      it(`lists again after ${how}, and finds what was deleted in the gap`, async () => {
        client.answer(makePage([makePod('stays'), makePod('goes')], { version: '100' }));
        client.answer(makePage([makePod('stays'), makePod('comes')], { version: '500' }));
        script(client);
        client.open();
        start();
        await clock.advance(1_000);
        await until(() => client.watches.length === 2, 'the second watch');
        expect(sink.names).to.deep.equal(['comes', 'stays']);
        expect(client.watches[1]?.query?.resourceVersion).to.equal('500');
      });
    }

    it('lists at once after a 410, but not again and again', async () => {
      client.answer(makePage([]));
      client.open().send(expired());
      client.answer(makePage([]));
      client.open().send(expired());
      client.answer(makePage([]));
      start();
      await settle();
      expect(client.lists).to.have.length(2);
      expect(warnings()).to.have.length(1);
      await clock.advance(1_000);
      expect(client.lists).to.have.length(3);
    });

    it('keeps what it has while the list after a 410 fails', async () => {
      client.answer(makePage([makePod('a')]));
      client.open().send(expired());
      client.refuse(new ApiError(503));
      start();
      await clock.advance(5_000);
      expect(sink.names).to.deep.equal(['a']);
    });

    it('resumes after an ERROR event of the server, and lists when they go on', async () => {
      client.answer(makePage([]));
      for (let i = 0; i < 3; i++) {
        client.open().send({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'no leader' } });
      }
      client.answer(makePage([makePod('a')], { version: '300' }));
      client.open();
      start();
      await clock.advance(10_000);
      expect(client.watches.map(({ query }) => query?.resourceVersion)).to.deep.equal([
        '100',
        '100',
        '100',
        '300',
      ]);
    });
  });

  describe('identity', () => {
    it('removes the old object when its name comes back with another UID, told or not', async () => {
      client.answer(makePage([makePod('a', { uid: 'first' })]));
      const watch = client.open();
      start();
      watch.send(
        added(makePod('a', { uid: 'second', version: '101' })),
        deleted(makePod('a', { uid: 'second', version: '102' })),
        added(makePod('a', { uid: 'third', version: '103' })),
      );
      await until(() => sink.journal.length === 5, 'all changes');
      expect(sink.journal).to.deep.equal([
        'upsert first',
        'remove first',
        'upsert second',
        'remove second',
        'upsert third',
      ]);
    });

    it('keeps the new object when the old one is reported deleted late', async () => {
      client.answer(makePage([makePod('a', { uid: 'first' })]));
      const watch = client.open();
      start();
      watch.send(added(makePod('a', { uid: 'second' })), deleted(makePod('a', { uid: 'first' })));
      watch.send(added(makePod('a', { uid: 'third' })));
      await until(() => sink.objects.has('third'), 'the third');
      expect([...sink.objects.keys()]).to.deep.equal(['third']);
    });

    it('finds an object that was made anew while nobody watched', async () => {
      client.answer(makePage([makePod('a', { uid: 'first' })]));
      client.answer(makePage([makePod('a', { uid: 'second' })]));
      client.open().send(expired());
      start();
      await clock.advance(1_000);
      expect([...sink.objects.keys()]).to.deep.equal(['second']);
    });
  });

  describe('silence', () => {
    it('takes a watch without bytes for dead and resumes it', async () => {
      client.answer(makePage([], { version: '100' }));
      client.open();
      client.answer(makePage([], { version: '100' }));
      client.open();
      start({ silenceMs: 90_000 });
      await clock.advance(89_000);
      expect(client.watches).to.have.length(1);
      await clock.advance(2_000);
      expect(client.watches.map(({ query }) => query?.resourceVersion)).to.deep.equal(['100', '100']);
      expect(client.lists.map(({ query }) => query?.limit)).to.deep.equal([500, 1]);
    });

    it('checks the history even when the first try fails', async () => {
      client.answer(makePage([makePod('lost')], { version: '1000' }));
      client.open();
      client.refuse(reset());
      client.answer(makePage([], { version: '900' }));
      client.answer(makePage([makePod('kept')], { version: '900' }));
      start({ silenceMs: 90_000 });
      await clock.advance(92_000);
      expect(sink.names).to.deep.equal(['kept']);
    });

    it('leaves a watch alone as long as bookmarks come', async () => {
      client.answer(makePage([]));
      const watch = client.open();
      start({ silenceMs: 90_000 });
      for (let minute = 0; minute < 5; minute++) {
        await clock.advance(60_000);
        watch.send(bookmark(String(200 + minute)));
      }
      await settle();
      expect(client.watches).to.have.length(1);
    });

    it('lists again when the server came back with an older history', async () => {
      client.answer(makePage([makePod('lost')], { version: '1000' }));
      client.open();
      client.answer(makePage([], { version: '900' }));
      client.answer(makePage([makePod('kept')], { version: '900' }));
      client.open();
      start({ silenceMs: 90_000 });
      await clock.advance(91_000);
      expect(sink.names).to.deep.equal(['kept']);
      expect(client.watches[1]?.query?.resourceVersion).to.equal('900');
      expect(sink.origins).to.deep.equal(['list', 'restored']);
    });

    it('tells a list that is only another one from that of an older history', async () => {
      client.answer(makePage([makePod('a', { version: '50' })], { version: '100' }));
      client.open().send(modified(makePod('a', { version: '120' })), expired());
      client.answer(makePage([makePod('a', { version: '120' })], { version: '120' }));
      start();
      await clock.advance(1_000);
      expect(sink.origins).to.deep.equal(['list', 'watch', 'list']);
    });
  });

  describe('back-off', () => {
    it('waits as long as a 429 asks', async () => {
      client.refuse(new ApiError(429, {}, 20_000));
      client.answer(makePage([]));
      start();
      await clock.advance(19_900);
      expect(client.lists).to.have.length(1);
      await clock.advance(2_000);
      expect(client.lists).to.have.length(2);
    });

    it('waits longer each time, also when the list works and only the watch fails', async () => {
      client.answer(makePage([]));
      for (let i = 0; i < 6; i++) client.refuseStream(new ApiError(500));
      start();
      const times: number[] = [];
      for (let calls = 2; calls <= 7; calls++) {
        while (client.watches.length < calls) await clock.advance(10);
        times.push(clock.now());
      }
      const gaps = times.map((time, index) => time - (times[index - 1] ?? 1_000_000));
      expect(gaps).to.deep.equal([190, 380, 750, 1_500, 3_000, 6_000]);
    });

    it('goes on backing off when watches open and end at once', async () => {
      client.answer(makePage([]));
      for (let i = 0; i < 40; i++) client.open().end();
      start();
      await clock.advance(60_000);
      expect(client.watches.length).to.be.within(8, 14);
    });

    it('starts anew once a watch has lasted', async () => {
      client.answer(makePage([]));
      for (let i = 0; i < 6; i++) client.refuseStream(new ApiError(500));
      const watch = client.open();
      client.open();
      start();
      await clock.advance(60_000);
      expect(client.watches).to.have.length(7);
      watch.fail(reset());
      await clock.advance(250);
      expect(client.watches).to.have.length(8);
    });
  });

  describe('what it says', () => {
    it('says once that the API server cannot be reached, and once that it is back', async () => {
      for (let i = 0; i < 5; i++) client.refuse(refused());
      start();
      await clock.advance(5_000);
      expect(reflector.lastError).to.contain('ECONNREFUSED');
      client.answer(makePage([makePod('a')]));
      client.open();
      await clock.advance(20_000);
      expect(reflector.lastError).to.equal(undefined);
      expect(warnings()).to.deep.equal([
        'Pods: cannot reach the API server: connect ECONNREFUSED 10.0.0.1:443; trying again',
      ]);
      expect(infos()).to.deep.equal(['Pods: synced', 'Pods: watching again']);
      expect(errors).to.have.length(5);
    });

    it('says it again when the situation changes', async () => {
      client.refuse(refused()).refuse(refused());
      client.refuse(new ApiError(403, { message: 'pods is forbidden' }));
      client.refuse(new ApiError(403, { message: 'pods is forbidden' }));
      start();
      await clock.advance(10_000);
      expect(warnings()).to.have.length(2);
    });

    it('names verb, resource and remedy when a permission is missing, and heals when it is granted', async () => {
      client.refuse(new ApiError(403, { message: 'luaplugins.luaplugin.dev is forbidden' }));
      start({ path: '/apis/luaplugin.dev/v1alpha1/luaplugins' });
      await settle();
      expect(reflector.lastError).to.contain(
        'verb "list" on resource "luaplugins" in API group "luaplugin.dev"',
      );
      expect(reflector.lastError).to.contain('kubectl apply -k config');
      client.answer(makePage([makePod('a')]));
      await clock.advance(1_000);
      expect(reflector.isSynced).to.equal(true);
    });

    it('names the missing verb when only watching is forbidden', async () => {
      client.answer(makePage([]));
      client.refuseStream(new ApiError(403, { message: 'no' }));
      start();
      await settle();
      expect(reflector.lastError).to.contain('verb "watch"');
    });

    it('asks for the CustomResourceDefinition when the resource is not served, and heals when it is', async () => {
      client.refuse(new ApiError(404));
      start({ path: '/apis/luaplugin.dev/v1alpha1/luaplugins' });
      await settle();
      expect(reflector.lastError).to.contain('/apis/luaplugin.dev/v1alpha1/luaplugins is not served');
      expect(reflector.lastError).to.contain('kubectl apply -k crds');
      client.answer(makePage([makePod('a')]));
      await clock.advance(1_000);
      expect(reflector.isSynced).to.equal(true);
    });

    it('does not bother anybody with a hiccup of a healthy watch', async () => {
      client.answer(makePage([]));
      const watch = client.open();
      client.open();
      start();
      await clock.advance(10_000);
      watch.fail(reset());
      await clock.advance(10_000);
      expect(client.watches).to.have.length(2);
      expect(warnings()).to.deep.equal([]);
    });

    it('logs what the sink throws, with the object, and goes on', async () => {
      client.answer(makePage([makePod('bad'), makePod('good')]));
      sink.upsert = (object) => {
        if (object.metadata.name === 'bad') throw new Error('cannot take it');
        sink.objects.set(object.metadata.uid, object);
      };
      const watch = client.open();
      start();
      watch.send(added(makePod('later')));
      await until(() => sink.objects.size === 2, 'the others');
      expect(sink.names).to.deep.equal(['good', 'later']);
      const failure = lines.find(({ level }) => level === 'error');
      expect(failure).to.include({ object: 'default/bad' });
    });
  });

  describe('end', () => {
    it('ends while it lists, waits or watches, and tells those who wait for the first list', async () => {
      start();
      await settle();
      stop.abort(new Error('the operator stops'));
      await ended;
      const reason = await reflector.synced.catch((error: Error) => error.message);
      expect(reason).to.equal('the operator stops');
    });

    it('stays synced after it ended', async () => {
      client.answer(makePage([makePod('a')]));
      client.open();
      start();
      await reflector.synced;
      stop.abort();
      await ended;
      await reflector.synced;
      expect(reflector.isSynced).to.equal(true);
    });
  });
});
