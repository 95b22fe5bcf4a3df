import { expect } from 'chai';
import type { KubeRequest } from '../../../../operator/kube/client/client.ts';
import { ApiError, ConnectionError } from '../../../../operator/kube/client/errors.ts';
import { ReportPublisher } from '../../../../operator/plugins/node-reports/publisher.ts';
import { encodeReport, type PluginReport } from '../../../../operator/plugins/node-reports/report.ts';
import {
  type ReportLease,
  reportLease,
  reportLeaseName,
  reportText,
} from '../../../../operator/plugins/node-reports/report-lease.ts';
import { reportTiming } from '../../../../operator/plugins/node-reports/timing.ts';
import { FakeClient } from '../../kube/fake-client.ts';
import { ManualClock, settle } from '../../support/clock.ts';
import { recordingLogger } from '../../support/log.ts';
import { makeError, makeNumbers } from './numbers.ts';

const timing = reportTiming(60_000);
const gone = new ApiError(404, { kind: 'Status', reason: 'NotFound' });
const conflict = new ApiError(409, { kind: 'Status', reason: 'Conflict' });

function textOf(numbers: Record<string, PluginReport>): string {
  return encodeReport(new Map(Object.entries(numbers))).text;
}

/** The Lease of node n1 as the API server shows it. */
function makeLease(holder: string, numbers: Record<string, PluginReport>, version: string): ReportLease {
  const state = { namespace: 'system', name: 'lua-plugin-operator-n1', durationMs: 180_000, renewedAt: 0 };
  const made = reportLease({ ...state, holder, text: textOf(numbers) }, undefined) as ReportLease;
  return { ...made, metadata: { ...made.metadata, uid: 'u', resourceVersion: version } };
}

function setUp() {
  const client = new FakeClient();
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  let numbers: ReadonlyMap<string, PluginReport> | undefined;
  const publisher = new ReportPublisher({
    client,
    namespace: 'system',
    name: reportLeaseName('n1'),
    holder: 'me',
    numbers: () => numbers,
    timing,
    clock,
    random: () => 0,
    logger,
  });
  const stop = new AbortController();
  return {
    client,
    clock,
    lines,
    publisher,
    run: async () => {
      const ended = publisher.run(stop.signal);
      await settle();
      return { ended };
    },
    stop: () => stop.abort(),
    know: (known: Record<string, PluginReport>) => {
      numbers = new Map(Object.entries(known));
    },
    /** What was sent, as `PUT me {...}`, and cleared. */
    sent: () =>
      client.calls.splice(0).map(({ method, body }: KubeRequest) => {
        const lease = body as ReportLease | undefined;
        return lease === undefined ? method : `${method} ${lease.spec?.holderIdentity} ${reportText(lease)}`;
      }),
  };
}

const three = { p: makeNumbers({ pods: 3 }) };
const four = { p: makeNumbers({ pods: 4 }) };

describe("an instance's report", () => {
  it('is written once it is known, and not before', async () => {
    const { client, clock, know, run, sent } = setUp();
    client.refuse(gone);
    await run();
    expect(sent()).to.deep.equal(['GET']);
    know(three);
    client.refuse(gone).answer(makeLease('me', three, '1'));
    await clock.advance(timing.changeMs);
    expect(sent()).to.deep.equal(['GET', `POST me ${textOf(three)}`]);
  });

  it('is written again when it changed, else as a heartbeat', async () => {
    const { client, clock, know, run, sent } = setUp();
    know(three);
    client.refuse(gone).answer(makeLease('me', three, '1'));
    await run();
    sent();
    await clock.advance(timing.heartbeatMs - 1);
    expect(sent(), 'nothing changed').to.deep.equal([]);
    client.answer(makeLease('me', three, '2'));
    await clock.advance(1);
    expect(sent()).to.deep.equal([`PUT me ${textOf(three)}`]);
    know(four);
    client.answer(makeLease('me', four, '3'));
    await clock.advance(timing.changeMs - 1);
    expect(sent(), 'changes are gathered').to.deep.equal([]);
    await clock.advance(1);
    expect(sent()).to.deep.equal([`PUT me ${textOf(four)}`]);
  });

  it("goes on with what the node's last instance reported, until its own is known", async () => {
    const { client, clock, know, run, sent, publisher } = setUp();
    const earlier = { p: makeNumbers({ pods: 3, errors: 7, lastErrors: [makeError(1, 1)] }) };
    client.answer(makeLease('killed', earlier, '1'));
    await publisher.recall(new AbortController().signal);
    expect(publisher.takeEarlier('p')).to.include({ revision: 'one', errors: 7 });
    expect(publisher.takeEarlier('p'), 'once').to.equal(undefined);
    client.answer(makeLease('killed', earlier, '1')).answer(makeLease('me', earlier, '2'));
    await run();
    expect(sent()).to.deep.equal(['GET', 'GET', `PUT me ${textOf(earlier)}`]);
    know(four);
    client.answer(makeLease('me', four, '3'));
    await clock.advance(timing.changeMs);
    expect(sent()).to.deep.equal([`PUT me ${textOf(four)}`]);
  });

  it('is left to an instance on the same node that started later, until that falls silent', async () => {
    const { client, clock, know, run, sent } = setUp();
    know(three);
    client.refuse(gone).answer(makeLease('me', three, '1'));
    await run();
    know(four);
    client.refuse(conflict);
    for (let time = 0; time <= timing.silenceMs; time += timing.changeMs) {
      client.answer(makeLease('later', three, '9'));
    }
    await clock.advance(2 * timing.changeMs);
    expect(sent().slice(-2)).to.deep.equal([`PUT me ${textOf(four)}`, 'GET']);
    await clock.advance(timing.silenceMs - timing.changeMs);
    expect(new Set(sent())).to.deep.equal(new Set(['GET']));
    client.answer(makeLease('me', four, '10'));
    await clock.advance(timing.changeMs);
    expect(sent().at(-1)).to.equal(`PUT me ${textOf(four)}`);
  });

  it('is written anew when somebody changed it', async () => {
    const { client, clock, know, run, sent } = setUp();
    know(three);
    client.refuse(gone).answer(makeLease('me', three, '1'));
    await run();
    sent();
    const garbled = makeLease('me', four, '2');
    client
      .refuse(conflict)
      .answer(garbled)
      .answer(makeLease('me', three, '3'));
    await clock.advance(timing.heartbeatMs + timing.changeMs);
    expect(sent()).to.deep.equal([`PUT me ${textOf(three)}`, 'GET', `PUT me ${textOf(three)}`]);
  });

  it('is made anew when it was deleted', async () => {
    const { client, clock, know, run, sent } = setUp();
    know(three);
    client.refuse(gone).answer(makeLease('me', three, '1'));
    await run();
    sent();
    client
      .refuse(gone)
      .refuse(gone)
      .answer(makeLease('me', three, '3'));
    await clock.advance(timing.heartbeatMs + timing.changeMs);
    expect(sent()).to.deep.equal([`PUT me ${textOf(three)}`, 'GET', `POST me ${textOf(three)}`]);
  });

  it("stays behind for the node's next instance when this one ends, for a short time", async () => {
    const { client, know, run, stop } = setUp();
    know(three);
    client
      .refuse(gone)
      .answer(makeLease('me', three, '1'))
      .answer(makeLease('', three, '2'));
    const { ended } = await run();
    know(four);
    stop();
    await ended;
    const last = client.calls.at(-1);
    const lease = last?.body as ReportLease;
    expect(last?.method).to.equal('PUT');
    expect(lease.metadata.resourceVersion, 'only if it is still our own').to.equal('1');
    expect(lease.spec).to.include({ holderIdentity: '', leaseDurationSeconds: 120 });
    expect(reportText(lease)).to.equal(textOf(four));
  });

  it('says once why it can not be written, and tries again', async () => {
    const { client, clock, know, run, lines, publisher } = setUp();
    know(three);
    const forbidden = new ApiError(403, {
      kind: 'Status',
      reason: 'Forbidden',
      message: 'no leases for you',
    });
    client
      .refuse(forbidden)
      .refuse(forbidden)
      .refuse(gone)
      .answer(makeLease('me', three, '1'));
    await run();
    await clock.advance(timing.changeMs);
    expect(publisher.problem).to.contain('no leases for you');
    expect(lines).to.have.length(1);
    await clock.advance(timing.changeMs);
    expect(publisher.problem).to.equal(undefined);
  });

  it('waits for the API server to tell what was reported earlier, but not for a permission', async () => {
    const { client, clock, publisher } = setUp();
    client.refuse(new ConnectionError('refused', { code: 'ECONNREFUSED' }));
    client.refuse(new ApiError(403, { kind: 'Status', reason: 'Forbidden' }));
    const recalled = publisher.recall(new AbortController().signal);
    await clock.advance(1_000);
    await recalled;
    expect(client.calls).to.have.length(2);
  });

  it('warns once when plugins have no room in it', async () => {
    const { client, clock, know, run, lines } = setUp();
    const many = Object.fromEntries(
      Array.from({ length: 400 }, (_, index) => [`${'x'.repeat(250)}${index}`, makeNumbers({ pods: 1 })]),
    );
    know(many);
    client.refuse(gone).answer(makeLease('me', many, '1'));
    await run();
    await clock.advance(3 * timing.changeMs);
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).to.deep.equal([
      "warn this node's report has no room for the counts of so many plugins; the status lacks them",
    ]);
  });

  it('has a Lease for each node, however long its name', () => {
    const long = 'n'.repeat(253);
    expect(reportLeaseName('n1')).to.equal('lua-plugin-operator-n1');
    expect(reportLeaseName(long)).to.have.length.at.most(253);
    expect(reportLeaseName(long)).not.to.equal(reportLeaseName(`${'n'.repeat(252)}m`));
  });
});
