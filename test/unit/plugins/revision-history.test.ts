import { expect } from 'chai';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { makeRevision } from '../../../operator/api/revisions.ts';
import type { KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import type { EventInput } from '../../../operator/kube/events/events.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { RevisionHistory } from '../../../operator/plugins/revisions/revision-history.ts';
import type { Active } from '../../../operator/plugins/state/plugin-state.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePlugin } from '../support/builders.ts';
import { ManualClock, settle } from '../support/clock.ts';

const namespace = 'luaplugin-system';
const uid = '1a2b3c4d-0000-4000-8000-000000000000';
const { signal } = new AbortController();

function setUp() {
  const client = new FakeClient();
  const queued: string[] = [];
  const events: string[] = [];
  const history = new RevisionHistory({
    client,
    namespace,
    queue: { add: (name) => queued.push(name), run: () => Promise.resolve() },
    recordEvent: ({ type, reason, note }) => events.push(`${type} ${reason}: ${note}`),
    logger: silentLogger,
  });
  return { client, queued, events, history };
}

function plugin(revisionHistoryLimit = 10): LuaPlugin {
  return makePlugin('p', { revisionHistoryLimit }, { uid });
}

function active(number: number, hash = `0${number}`): Active {
  return {
    plugin: plugin(),
    program: `p@${number}`,
    programHash: hash,
    number,
    hash,
    generation: number,
    testsJson: '[]',
    tests: { passed: 0, failed: 0, failures: [] },
  };
}

/** A list of metadata that shows these revisions. */
function listOf(...numbers: number[]) {
  const items = numbers.map((number) => {
    const { metadata } = makeRevision(plugin(), active(number), namespace);
    return { metadata: { ...metadata, uid: `uid-of-${number}` } };
  });
  return { kind: 'PartialObjectMetadataList', metadata: { resourceVersion: '1' }, items };
}

function namespaceGone(): ApiError {
  const message = 'namespaces "luaplugin-system" not found';
  return new ApiError(404, { kind: 'Status', reason: 'NotFound', message });
}

/** `POST` and `DELETE p-1a2b3c4d-1` and so on: what was written. */
function writes({ calls }: FakeClient): string[] {
  return calls
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }: KubeRequest) =>
      method === 'POST' ? method : `${method} ${path.split('/').pop()}`,
    );
}

describe('the history of revisions', () => {
  it('stores a revision that begins to serve', async () => {
    const { client, queued, history } = setUp();
    client.answer(listOf()).answer({});
    history.keep(plugin(), active(1));
    expect(queued).to.deep.equal(['p']);
    await history.reconcile('p', signal);
    expect(client.calls[0]?.query?.labelSelector).to.contain(`luaplugin.dev/plugin-uid=${uid}`);
    expect(client.calls[1]?.body).to.deep.equal(makeRevision(plugin(), active(1), namespace));
  });

  for (const [answered, waitsFor] of ['the list', 'the store', 'the deletion of an old one'].entries()) {
    it(`ends with the queue while it waits for ${waitsFor}`, async () => {
      const { client, history } = setUp();
      for (const answer of [listOf(1, 2, 3), {}].slice(0, answered)) client.answer(answer);
      history.keep(plugin(1), active(4));
      const stop = new AbortController();
      const working = history.reconcile('p', stop.signal).catch((error: unknown) => error);
      await settle();
      expect(client.calls).to.have.length(answered + 1);
      stop.abort(new Error('the term is over'));
      expect(String(await working)).to.contain('the term is over');
    });
  }

  it('asks nothing again while nothing changes', async () => {
    const { client, queued, history } = setUp();
    client.answer(listOf()).answer({});
    history.keep(plugin(), active(1));
    await history.reconcile('p', signal);
    history.keep(plugin(), active(1));
    expect(queued).to.have.length(1);
  });

  it('writes nothing after a restart when the revision is there', async () => {
    const { client, history } = setUp();
    client.answer(listOf(1, 2));
    history.keep(plugin(), active(2));
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal([]);
  });

  it('looks again when this instance begins to lead', async () => {
    const { client, queued, history } = setUp();
    client.answer(listOf(1)).answer(listOf(1));
    history.keep(plugin(), active(1));
    await history.reconcile('p', signal);
    history.restart();
    history.keep(plugin(), active(1));
    await history.reconcile('p', signal);
    expect(queued).to.have.length(2);
    expect(client.calls).to.have.length(2);
  });

  it('prunes the oldest beyond the limit', async () => {
    const { client, history } = setUp();
    client
      .answer(listOf(1, 10, 9, 2))
      .answer({})
      .answer({})
      .answer({});
    history.keep(plugin(2), active(11));
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['POST', 'DELETE p-1a2b3c4d-2', 'DELETE p-1a2b3c4d-1']);
    expect(client.calls.at(-1)?.body).to.deep.include({ preconditions: { uid: 'uid-of-1' } });
  });

  it('keeps the revision that serves, also with a limit of 0', async () => {
    const { client, history } = setUp();
    client
      .answer(listOf(1, 2, 3))
      .answer({})
      .answer({});
    history.keep(plugin(0), active(1));
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['DELETE p-1a2b3c4d-3', 'DELETE p-1a2b3c4d-2']);
  });

  it('leaves alone what somebody else put under its labels', async () => {
    const { client, history } = setUp();
    const foreign = listOf(1);
    for (const { metadata } of foreign.items) Object.assign(metadata, { name: 'theirs-1' });
    client.answer(foreign).answer({});
    history.keep(plugin(0), active(2));
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['POST']);
  });

  it('replaces a revision whose number the status never showed', async () => {
    const { client, history } = setUp();
    client.answer(listOf(1, 2)).answer({}).answer({});
    history.keep(plugin(), active(2, 'ff'));
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['DELETE p-1a2b3c4d-2', 'POST']);
  });

  it('passes faults on, so that the queue tries again', async () => {
    const { client, history } = setUp();
    client.answer(listOf()).refuse(new ConnectionError('reset', { code: 'ECONNRESET' }));
    client.answer(listOf()).answer({});
    history.keep(plugin(), active(1));
    const error = await history.reconcile('p', signal).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConnectionError);
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['POST', 'POST']);
  });

  it('says once that a revision is too large to be kept, and prunes all the same', async () => {
    const { client, events, history, queued } = setUp();
    const refusal = new ApiError(500, {
      kind: 'Status',
      reason: 'InternalError',
      message: 'etcdserver: request is too large',
    });
    client.answer(listOf(1, 2)).refuse(refusal).answer({});
    history.keep(plugin(1), active(3));
    await history.reconcile('p', signal);
    history.keep(plugin(1), active(3));
    expect(queued).to.have.length(1);
    expect(writes(client)).to.deep.equal(['POST', 'DELETE p-1a2b3c4d-1']);
    expect(events).to.deep.equal([
      "Warning RevisionNotStored: revision 3 serves, but can't be kept for a rollback: 500 InternalError: etcdserver: request is too large",
    ]);
  });

  it('queues one that can not be stored once, however often the numbers of its plugin change', async () => {
    const { client, queued, history } = setUp();
    client.answer(listOf()).refuse(namespaceGone());
    for (let change = 0; change < 100; change += 1) history.keep(plugin(), active(1));
    await history.reconcile('p', signal).catch(() => {});
    for (let change = 0; change < 100; change += 1) history.keep(plugin(), active(1));
    expect(queued).to.deep.equal(['p']);
    history.keep(plugin(), active(2));
    expect(queued, 'a new revision is news').to.deep.equal(['p', 'p']);
  });

  it('tries some twenty times in seven minutes to store what a gone namespace refuses, at 45 changes a second', async () => {
    const clock = new ManualClock();
    const events: string[] = [];
    let tries = 0;
    const client = {
      request: <T>({ method }: KubeRequest): Promise<T> => {
        if (method === 'GET') return Promise.resolve(listOf() as T);
        tries += 1;
        return Promise.reject(namespaceGone());
      },
      stream: () => Promise.reject(new Error('not in this test')),
      close: () => Promise.resolve(),
    };
    const queue = new WorkQueue({
      name: 'revision',
      concurrency: 1,
      logger: silentLogger,
      clock,
      maxDelayMs: 60_000,
    });
    const recordEvent = ({ reason }: EventInput) => void events.push(reason);
    const history = new RevisionHistory({ client, namespace, queue, recordEvent, logger: silentLogger });
    const stop = new AbortController();
    const ended = history.run(stop.signal);
    for (let second = 0; second < 7 * 60; second += 1) {
      for (let change = 0; change < 45; change += 1) history.keep(plugin(), active(1));
      await clock.advance(1_000);
    }
    stop.abort();
    await ended;
    expect(tries).to.be.within(15, 35);
    expect(events, 'one cause, one Event').to.deep.equal(['RevisionNotStored']);
  });

  it('prunes and says so when a quota is full, and tries again', async () => {
    const { client, events, history } = setUp();
    const message = 'exceeded quota: revisions, requested: count/controllerrevisions.apps=1';
    const refusal = new ApiError(403, { kind: 'Status', reason: 'Forbidden', message });
    client.answer(listOf(1, 2)).refuse(refusal).answer({});
    client.answer(listOf(2)).answer({});
    history.keep(plugin(1), active(3));
    const error = await history.reconcile('p', signal).catch((reason: unknown) => reason);
    expect(error).to.equal(refusal);
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['POST', 'DELETE p-1a2b3c4d-1', 'POST']);
    expect(events).to.deep.equal([
      `Warning RevisionNotStored: revision 3 serves, but can't be kept for a rollback: 403 Forbidden: ${message}`,
    ]);
  });

  it('tries again when the namespace is not there yet', async () => {
    const { client, history } = setUp();
    const refusal = namespaceGone();
    client.answer(listOf()).refuse(refusal);
    client.answer(listOf()).answer({});
    history.keep(plugin(), active(1));
    const error = await history.reconcile('p', signal).catch((reason: unknown) => reason);
    expect(error).to.equal(refusal);
    await history.reconcile('p', signal);
    expect(writes(client)).to.deep.equal(['POST', 'POST']);
  });

  it('forgets a plugin that is deleted', async () => {
    const { client, history } = setUp();
    history.keep(plugin(), active(1));
    history.forget('p');
    await history.reconcile('p', signal);
    expect(client.calls).to.deep.equal([]);
  });
});
