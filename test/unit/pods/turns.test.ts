import { expect } from 'chai';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { FencedClient } from '../../../operator/kube/client/fenced-client.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import type { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import type { PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import type { PodController } from '../../../operator/pods/controller.ts';
import type { PodStore } from '../../../operator/pods/store/store.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { makePods } from './make-pods.ts';

/** A PATCH that the API server has got, and answers when the test says. */
interface Sent {
  readonly pod: string;
  answer(): void;
}

describe('the turns of Pods', () => {
  let clock: ManualClock;
  let sent: Sent[];
  let store: PodStore;
  let queue: WorkQueue;
  let plugins: PluginSet;
  let controller: PodController;
  let caughtUp: number;
  let counts: Record<string, number>;
  let term: AbortController;
  let ended: Promise<void>;

  /** The Pods' room with real parts, and an API server whose answers the test gives. A namespace alone has 4 of 5 workers. */
  function setUp({ writesPerSecond = 0, concurrency = 5 } = {}): void {
    clock = new ManualClock();
    sent = [];
    caughtUp = 0;
    counts = {};
    const client: KubeClient = {
      request<T>({ path, body, beforeSend }: Parameters<KubeClient['request']>[0]): Promise<T> {
        const [namespace = '', , name = ''] = path.split('/').slice(-3);
        const uid = (body as KubeObject).metadata.uid;
        beforeSend?.();
        const { annotations = {} } = (body as KubeObject).metadata;
        const written = makePod({ uid, namespace, name, annotations, resourceVersion: `9${sent.length}` });
        return new Promise((resolve) => {
          sent.push({ pod: `${namespace}/${name}`, answer: () => resolve(written as T) });
        });
      },
      stream: () => Promise.reject(new Error('not in this test')),
      close: () => Promise.resolve(),
    };
    ({ store, queue, plugins, controller } = makePods({
      client: new FencedClient(client, () => true),
      clock,
      concurrency,
      writesPerSecond,
      onCaughtUp: () => {
        caughtUp++;
      },
      onCount: (plugin, pods) => {
        counts[plugin] = pods;
      },
    }));
  }

  function lead(): void {
    term = new AbortController();
    ended = controller.run(term.signal);
  }

  const podOf = (namespace: string, name: string, more = {}) =>
    makePod({ uid: `${namespace}/${name}`, namespace, name, ...more });
  const list = (namespace: string, count: number) => {
    for (let index = 0; index < count; index++) store.upsert(podOf(namespace, `listed-${index}`), 'list');
  };
  const create = (namespace: string, name: string) => store.upsert(podOf(namespace, name), 'watch');
  const pods = () => sent.map(({ pod }) => pod);
  /** Answers the next `count` PATCHes one by one, so that as many workers take a Pod. */
  const answer = async (count: number) => {
    for (let done = 0; done < count; done++) {
      const index = answered++;
      for (let turn = 0; sent[index] === undefined && turn < 100; turn++) await settle();
      sent[index]?.answer();
      await settle();
    }
  };
  let answered: number;

  beforeEach(() => {
    answered = 0;
    ended = Promise.resolve();
    term = new AbortController();
  });

  afterEach(async () => {
    term.abort();
    while (answered < sent.length) await answer(1);
    await ended;
  });

  it('bring a new Pod next, however many were listed before it', async () => {
    setUp();
    list('old', 20_000);
    lead();
    while (sent.length < 4) await settle();
    await answer(10);
    create('old', 'new');
    const before = sent.length;
    await answer(1);
    expect(pods().slice(before)).to.deep.equal(['old/new']);
  });

  it('bring a new Pod within the first few, whatever another namespace floods the cluster with', async () => {
    setUp();
    lead();
    for (let index = 0; index < 5_000; index++) create('flood', `job-${index}`);
    await settle();
    create('calm', 'web');
    const before = sent.length;
    await answer(3);
    expect(pods().slice(before)).to.include('calm/web');
  });

  it('leave a sweep of a thousand Pods a fifth of the writes during a flood of new ones', async () => {
    setUp({ concurrency: 64 });
    list('old', 1_000);
    lead();
    for (let index = 0; index < 2_000; index++) create('flood', `job-${index}`);
    while (sent.length < 4) await settle();
    await answer(500);
    const swept = pods().filter((pod) => pod.startsWith('old/'));
    expect(swept.length).to.be.within(95, 110);
  });

  it('let the namespaces of a sweep alternate', async () => {
    setUp();
    list('large', 1_000);
    list('small', 3);
    lead();
    while (sent.length < 4) await settle();
    await answer(6);
    expect(pods().filter((pod) => pod.startsWith('small/'))).to.have.length(3);
  });

  it('let all Pods be known once each listed one had its turn, though new ones never cease to come', async () => {
    setUp({ concurrency: 2 });
    list('shop', 20);
    lead();
    for (let step = 0; step < 100; step++) {
      create('jobs', `job-${step}`);
      create('jobs', `other-${step}`);
      await answer(1);
    }
    expect(new Set(pods().filter((pod) => pod.startsWith('shop/')))).to.have.length(20);
    expect(queue.depth, 'waiting').to.be.above(0);
    expect(caughtUp).to.equal(1);
  });

  it('are none on a standby, which queues nothing, and looks at all Pods once it leads', async () => {
    setUp();
    list('old', 1_200);
    create('old', 'new');
    store.upsert(podOf('old', 'listed-0', { labels: { app: 'web' }, resourceVersion: '2' }), 'watch');
    plugins.put({ name: 'p', priority: 0, mode: 'Enforce', matches: () => true, program: undefined });
    await settle();
    expect(queue.size, 'keys on the standby').to.equal(0);
    expect(controller.longestWaitSeconds).to.equal(0);
    lead();
    while (sent.length < 4) await settle();
    await answer(1_201);
    await settle();
    expect(new Set(pods()).size).to.equal(1_201);
    expect(caughtUp, 'told that all have been looked at').to.equal(1);
  });

  it('end with the term: nothing stays queued, and the next term looks at all again', async () => {
    setUp();
    list('old', 50);
    lead();
    while (sent.length < 4) await settle();
    term.abort();
    await answer(4);
    await ended;
    expect([queue.size, sent.length, caughtUp]).to.deep.equal([0, 4, 0]);
    create('old', 'meanwhile');
    expect(queue.size).to.equal(0);
    lead();
    await answer(47);
    await settle();
    expect(new Set(pods()).size).to.equal(51);
  });

  it('tell how long the Pod waits that waits longest, refused ones too', async () => {
    setUp();
    lead();
    create('a', 'first');
    await clock.advance(5_000);
    create('a', 'second');
    await clock.advance(2_000);
    expect(controller.longestWaitSeconds).to.equal(7);
    await answer(1);
    expect(controller.longestWaitSeconds).to.equal(2);
    store.remove('a/second');
    expect(controller.longestWaitSeconds).to.equal(0);
  });

  describe('never come for a Pod that is being deleted', () => {
    const remove = (namespace: string, name: string) =>
      store.upsert(
        podOf(namespace, name, { deletionTimestamp: '2026-01-02T03:04:05Z', resourceVersion: '2' }),
        'watch',
      );

    it('while it waits in the queue', async () => {
      setUp({ concurrency: 1 });
      lead();
      for (const name of ['first', 'going', 'last']) create('a', name);
      await settle();
      remove('a', 'going');
      await answer(2);
      expect(pods()).to.deep.equal(['a/first', 'a/last']);
    });

    it('while its write waits for the rate limit', async () => {
      setUp({ writesPerSecond: 10 });
      lead();
      for (const name of ['first', 'second', 'going', 'last']) create('a', name);
      await settle();
      expect(pods()).to.deep.equal(['a/first', 'a/second']);
      remove('a', 'going');
      await clock.advance(1_000);
      expect(pods()).to.deep.equal(['a/first', 'a/second', 'a/last']);
    });

    it('when a plugin changes, or its labels do', async () => {
      setUp();
      lead();
      create('a', 'going');
      await answer(1);
      remove('a', 'going');
      plugins.put({ name: 'p', priority: 0, mode: 'Enforce', matches: () => true, program: undefined });
      store.upsert(
        podOf('a', 'going', { deletionTimestamp: 'x', labels: { app: 'b' }, resourceVersion: '3' }),
        'watch',
      );
      await clock.advance(60_000);
      expect(pods()).to.deep.equal(['a/going']);
    });
  });
});
