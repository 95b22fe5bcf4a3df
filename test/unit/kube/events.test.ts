import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { type EventInput, EventRecorder } from '../../../operator/kube/events/events.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { FakeClient } from './fake-client.ts';

function makeEvent(input: Partial<EventInput> = {}): EventInput {
  return {
    regarding: { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', name: 'opengauss', uid: 'u1' },
    type: 'Warning',
    reason: 'CompileError',
    action: 'Load',
    note: 'line 3: unexpected symbol',
    ...input,
  };
}

describe('EventRecorder', () => {
  let client: FakeClient;
  let clock: ManualClock;
  let recorder: EventRecorder;
  let stop: AbortController;
  let ended: Promise<void>;
  let log: ReturnType<typeof recordingLogger>;

  beforeEach(() => {
    client = new FakeClient();
    clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
    stop = new AbortController();
    log = recordingLogger();
    recorder = new EventRecorder({
      client,
      controller: 'luaplugin.dev/operator',
      instance: 'pod-1',
      logger: log.logger,
      clock,
      random: () => 1,
    });
    ended = recorder.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  /** Answers every call that will come. */
  const answerAll = () => {
    for (let i = 0; i < 100; i++) client.answer({});
  };

  it('writes an Event about a cluster-scoped object into the default namespace', async () => {
    answerAll();
    recorder.record(makeEvent());
    await settle();
    const [call] = client.calls;
    expect(call).to.include({ method: 'POST', path: '/apis/events.k8s.io/v1/namespaces/default/events' });
    expect(call?.body).to.deep.include({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'luaplugin.dev/operator',
      reportingInstance: 'pod-1',
      regarding: makeEvent().regarding,
      type: 'Warning',
      reason: 'CompileError',
      action: 'Load',
      note: 'line 3: unexpected symbol',
    });
  });

  it('counts repetitions in one Event, written once a minute at the most', async () => {
    answerAll();
    for (let second = 0; second < 150; second++) {
      recorder.record(makeEvent());
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    const bodies = client.calls.map(({ method, body }) => ({ method, body }));
    expect(bodies.map(({ method }) => method)).to.deep.equal(['POST', 'PATCH', 'PATCH', 'PATCH']);
    expect(bodies.at(-1)?.body).to.deep.equal({
      series: { count: 150, lastObservedTime: '2026-01-01T00:02:29.000000Z' },
    });
  });

  for (const [how, byMs] of [
    ['ahead', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    it(`carries the right times after the clock was set ${how}, and goes on with its series`, async () => {
      answerAll();
      recorder.record(makeEvent());
      await clock.advance(1_000);
      clock.setWall(byMs);
      recorder.record(makeEvent());
      recorder.record(makeEvent({ reason: 'TestsFailed' }));
      await settle();
      const time = new Date(clock.wallTime()).toISOString().replace('Z', '000Z');
      expect(client.calls[1]?.body).to.include({ reason: 'TestsFailed', eventTime: time });
      await clock.advance(60_000);
      expect(client.calls[2]).to.deep.include({
        method: 'PATCH',
        body: { series: { count: 2, lastObservedTime: time } },
      });
    });
  }

  it('writes two Events for two who are told apart by a distinction alone, and keeps it to itself', async () => {
    answerAll();
    for (const distinction of ['webhook a', 'webhook b', 'webhook a'])
      recorder.record(makeEvent({ distinction, note: `${distinction} refuses` }));
    await settle();
    expect(client.calls.map(({ body }) => Object(body).note)).to.deep.equal([
      'webhook a refuses',
      'webhook b refuses',
    ]);
    expect(client.calls[0]?.body).not.to.have.property('distinction');
  });

  it('begins a new Event when the note changes, once a minute at the most, so that its last text is true', async () => {
    answerAll();
    for (let second = 0; second < 150; second++) {
      recorder.record(makeEvent({ note: `try ${second}` }));
      await clock.advance(1_000);
    }
    await clock.advance(60_000);
    expect(client.calls.map(({ method, body }) => [method, Object(body).note])).to.deep.equal([
      ['POST', 'try 0'],
      ['POST', 'try 59'],
      ['POST', 'try 119'],
      ['POST', 'try 149'],
    ]);
    expect(client.calls.at(-1)?.body).to.include({ eventTime: '2026-01-01T00:02:29.000000Z' });
    expect(client.calls.at(-1)?.body).not.to.have.property('series');
    expect(recorder.openSeries).to.equal(1);
  });

  it('counts a note that changes against what one object gets', async () => {
    answerAll();
    for (let minute = 0; minute < 120; minute++) {
      recorder.record(makeEvent({ note: `try ${minute}` }));
      await clock.advance(60_000);
    }
    expect(client.calls).to.have.length.within(25, 25 + 24);
  });

  it('writes the new note when it came while the old one was being written', async () => {
    const answer = Promise.withResolvers<object>();
    client.answer(answer.promise).answer({});
    recorder.record(makeEvent({ note: 'old' }));
    await settle();
    recorder.record(makeEvent({ note: 'new' }));
    answer.resolve({});
    await clock.advance(60_000);
    expect(client.calls.map(({ method, body }) => [method, Object(body).note])).to.deep.equal([
      ['POST', 'old'],
      ['POST', 'new'],
    ]);
  });

  it('writes another Event for another reason, and after a long pause', async () => {
    answerAll();
    recorder.record(makeEvent());
    recorder.record(makeEvent({ reason: 'TestsFailed' }));
    await clock.advance(400_000);
    recorder.record(makeEvent());
    await settle();
    expect(client.calls.map(({ method }) => method)).to.deep.equal(['POST', 'POST', 'POST']);
    expect(recorder.openSeries).to.equal(1);
  });

  it('limits how many Events one object gets, not those of others', async () => {
    answerAll();
    for (let i = 0; i < 40; i++) recorder.record(makeEvent({ reason: `Reason${i}` }));
    await settle();
    expect(client.calls).to.have.length(25);
    recorder.record(makeEvent({ regarding: { ...makeEvent().regarding, uid: 'u2' } }));
    await clock.advance(300_000);
    recorder.record(makeEvent({ reason: 'Later' }));
    await settle();
    expect(client.calls).to.have.length(27);
  });

  it('tries again when the server is busy', async () => {
    client.refuse(new ApiError(503)).answer({});
    recorder.record(makeEvent());
    await clock.advance(2_000);
    expect(client.calls).to.have.length(2);
  });

  it('drops an Event that the server does not want, and keeps nothing of it', async () => {
    client.refuse(new ApiError(403));
    recorder.record(makeEvent());
    await clock.advance(100_000);
    expect(client.calls).to.have.length(1);
    expect(recorder.openSeries).to.equal(0);
  });

  it('writes a new Event when the old one has expired on the server', async () => {
    client
      .answer({})
      .refuse(new ApiError(404, { kind: 'Status', reason: 'NotFound' }))
      .answer({});
    recorder.record(makeEvent());
    await clock.advance(1_000);
    recorder.record(makeEvent());
    await clock.advance(60_000);
    expect(client.calls.map(({ method }) => method)).to.deep.equal(['POST', 'PATCH', 'POST']);
  });

  it('cuts a note to 1,024 bytes without breaking a character', async () => {
    answerAll();
    recorder.record(makeEvent({ note: '€'.repeat(1_000) }));
    await settle();
    const note = String(Object(client.calls[0]?.body).note);
    expect(note).to.equal(`${'€'.repeat(340)}…`);
    expect(Buffer.byteLength(note)).to.equal(1_023);
  });
});
