import { expect } from 'chai';
import type { KubeRequest } from '../../../../operator/kube/client/client.ts';
import { ApiError } from '../../../../operator/kube/client/errors.ts';
import { NodeReports } from '../../../../operator/plugins/node-reports/node-reports.ts';
import { encodeReport, type PluginReport } from '../../../../operator/plugins/node-reports/report.ts';
import {
  type ReportLease,
  reportLease,
  reportLeaseName,
} from '../../../../operator/plugins/node-reports/report-lease.ts';
import type { PluginStatistics } from '../../../../operator/plugins/status/statistics.ts';
import { FakeClient } from '../../kube/fake-client.ts';
import { ManualClock, settle } from '../../support/clock.ts';
import { recordingLogger } from '../../support/log.ts';
import { makeError, makeNumbers } from './numbers.ts';

const leaseDurationMs = 60_000;
const bookmarkMs = 30_000;

/** The Lease of a node as the API server shows it. */
function makeLease(
  node: string,
  report: Record<string, PluginReport> | string,
  version: string,
): ReportLease {
  const text = typeof report === 'string' ? report : encodeReport(new Map(Object.entries(report))).text;
  const name = reportLeaseName(node);
  const made = reportLease(
    { namespace: 'system', name, holder: `of-${node}`, durationMs: 180_000, renewedAt: 0, text },
    undefined,
  ) as ReportLease;
  return { ...made, metadata: { ...made.metadata, uid: `uid-${node}`, resourceVersion: version } };
}

async function elect(...leases: ReportLease[]) {
  const client = new FakeClient();
  const fenced = new FakeClient();
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const changed: string[] = [];
  let known = 0;
  let own: PluginStatistics = makeNumbers({ pods: 1 });
  const reports = new NodeReports({
    node: 'n1',
    instance: 'me',
    namespace: 'system',
    client,
    fencedClient: fenced,
    statistics: { get: () => own, snapshot: () => undefined },
    leaseDurationMs,
    logger,
    clock,
    random: () => 0,
  });
  reports.onChange((plugin) => changed.push(plugin));
  reports.onKnown(() => {
    known += 1;
  });
  const list = (items: readonly ReportLease[]) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'LeaseList',
    metadata: { resourceVersion: '10' },
    items,
  });
  const term = new AbortController();
  const before = reports.get('p');
  client.answer(list(leases));
  const watch = client.open();
  const ended = reports.collect(term.signal);
  await settle();
  return {
    reports,
    watch,
    clock,
    lines,
    client,
    fenced,
    before,
    known: () => known,
    changed: () => [...new Set(changed.splice(0))].sort(),
    /** The watch tells of a Lease. */
    tell: async (type: string, object: ReportLease) => {
      watch.send({ type, object });
      await settle();
    },
    /** Time passes, and the watch shows that it is open. */
    pass: async (ms: number) => {
      for (let left = ms; left > 0; left -= bookmarkMs) {
        watch.send({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '10' } } });
        await clock.advance(Math.min(left, bookmarkMs));
      }
    },
    setOwn: (next: PluginStatistics) => {
      own = next;
    },
    end: async () => {
      term.abort();
      await ended;
    },
  };
}

/** The calls as `DELETE <name> <uid> <version>`. */
function deletions(client: FakeClient): string[] {
  return client.calls.splice(0).map(({ method, path, body }: KubeRequest) => {
    const { preconditions } = body as { preconditions: { uid: string; resourceVersion: string } };
    return `${method} ${path.split('/').at(-1)} ${preconditions.uid} ${preconditions.resourceVersion}`;
  });
}

describe('the reports of all nodes', () => {
  it('are known to the elected instance only, and only once all were listed', async () => {
    const { reports, before, known, end, client } = await elect(makeLease('n2', {}, '1'));
    expect(before).to.equal(undefined);
    expect(known()).to.equal(1);
    expect(reports.get('p')).to.include({ pods: 1 });
    expect(client.lists[0]?.query?.labelSelector).to.equal(
      'app.kubernetes.io/name=lua-plugin-operator,app.kubernetes.io/component=node-report',
    );
    await end();
    expect(reports.get('p'), 'after the term').to.equal(undefined);
  });

  it('wait for the elected instance to have looked at its own Pods', async () => {
    const { reports, setOwn, end } = await elect(makeLease('n2', { p: makeNumbers({ pods: 2 }) }, '1'));
    setOwn({ ...makeNumbers(), pods: undefined });
    expect(reports.get('p')).to.equal(undefined);
    setOwn(makeNumbers({ pods: 5 }));
    expect(reports.get('p')).to.include({ pods: 7 });
    await end();
  });

  it('are added up, each node once, with what this instance knows of its own', async () => {
    const { reports, changed, tell, end } = await elect(
      makeLease('n1', { p: makeNumbers({ pods: 100 }) }, '1'),
      makeLease('n2', { p: makeNumbers({ pods: 2 }), q: makeNumbers({ pods: 1 }) }, '2'),
    );
    expect(reports.get('p')).to.include({ pods: 3 });
    expect(changed()).to.deep.equal(['p', 'q']);
    const lastErrors = [makeError(3, 5, { pod: 'b/web-1' })];
    await tell(
      'MODIFIED',
      makeLease(
        'n2',
        { p: makeNumbers({ pods: 4, errors: 1, lastErrors }), q: makeNumbers({ pods: 1 }) },
        '11',
      ),
    );
    expect(reports.get('p')).to.deep.include({ pods: 5, errors: 1, lastErrors });
    expect(changed(), 'q is as it was').to.deep.equal(['p']);
    await tell('ADDED', makeLease('n3', { p: makeNumbers({ pods: 10 }) }, '12'));
    expect(reports.get('p')).to.include({ pods: 15 });
    await tell('DELETED', makeLease('n2', {}, '13'));
    expect(reports.get('p')).to.include({ pods: 11 });
    expect(changed()).to.deep.equal(['p', 'q']);
    await end();
  });

  it('stand as they were while a text can not be read, which is said once', async () => {
    const { reports, lines, tell, end } = await elect(
      makeLease('n2', { p: makeNumbers({ pods: 2 }) }, '1'),
      makeLease('n3', 'whatever', '2'),
    );
    expect(reports.get('p')).to.include({ pods: 3 });
    await tell('MODIFIED', makeLease('n2', '{"plugins":{"p":{"pods":-7}}}', '11'));
    await tell('MODIFIED', makeLease('n2', '{"plugins":{"p":{"pods":-7}}}', '12'));
    expect(reports.get('p')).to.include({ pods: 3 });
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ lease, msg }) => `${lease}: ${msg}`)).to.deep.equal([
      "lua-plugin-operator-n3: a node's report can't be read, and is left out",
      "lua-plugin-operator-n2: a node's report can't be read, and is left out",
    ]);
    await end();
  });

  it('hold no error from the future of a node whose clock is ahead', async () => {
    const { reports, clock, end } = await elect(
      makeLease('n2', { p: makeNumbers({ errors: 1, lastErrors: [makeError(1, 9e12)] }) }, '1'),
    );
    expect(reports.get('p')?.lastErrors[0]?.time).to.equal(clock.now());
    await end();
  });

  it('go with the Lease of an instance that is long silent, which the elected one deletes', async () => {
    const { reports, pass, fenced, tell, end } = await elect(
      makeLease('n2', { p: makeNumbers({ pods: 2 }) }, '1'),
      makeLease('n3', { p: makeNumbers({ pods: 3 }) }, '2'),
    );
    await pass(2.5 * leaseDurationMs);
    await tell('MODIFIED', makeLease('n3', { p: makeNumbers({ pods: 3 }) }, '11'));
    expect(fenced.calls, 'not yet').to.deep.equal([]);
    fenced.answer({});
    await pass(0.75 * leaseDurationMs);
    expect(deletions(fenced)).to.deep.equal(['DELETE lua-plugin-operator-n2 uid-n2 1']);
    expect(reports.get('p'), 'until it is deleted indeed').to.include({ pods: 6 });
    await tell('DELETED', makeLease('n2', {}, '12'));
    expect(reports.get('p')).to.include({ pods: 4 });
    await end();
  });

  it('stay when the silence was only that of the watch', async () => {
    const { reports, clock, fenced, end } = await elect(
      makeLease('n2', { p: makeNumbers({ pods: 2 }) }, '1'),
    );
    fenced.refuse(new ApiError(409, { kind: 'Status', reason: 'Conflict' }));
    await clock.advance(3 * leaseDurationMs);
    expect(deletions(fenced)).to.deep.equal(['DELETE lua-plugin-operator-n2 uid-n2 1']);
    expect(reports.get('p')).to.include({ pods: 3 });
    await clock.advance(leaseDurationMs);
    expect(fenced.calls, 'it is asked again after as long a silence only').to.deep.equal([]);
    await end();
  });

  it('stay, with a warning, when they may not be deleted', async () => {
    const { reports, clock, fenced, lines, end } = await elect(
      makeLease('n2', { p: makeNumbers({ pods: 2 }) }, '1'),
    );
    fenced.refuse(new ApiError(403, { kind: 'Status', reason: 'Forbidden' }));
    await clock.advance(3 * leaseDurationMs);
    expect(reports.get('p')).to.include({ pods: 3 });
    expect(lines.at(-1)?.msg).to.contain("can't delete the report of a node without an instance");
    await end();
  });
});
