import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { EventInput } from '../../../operator/kube/events/events.ts';
import { PermissionReport } from '../../../operator/workloads/permission-report.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { recordingLogger } from '../support/log.ts';

const broadcastJobs = {
  group: 'apps.kruise.io',
  resource: 'broadcastjobs',
  kind: 'BroadcastJob',
  apiVersion: 'apps.kruise.io/v1beta1',
};
const pods = { group: '', resource: 'pods', kind: 'Pod', apiVersion: 'v1' };

describe('the report of missing permissions', () => {
  const { signal } = new AbortController();
  let client: FakeClient;
  let events: EventInput[];
  let queued: string[];
  let log: ReturnType<typeof recordingLogger>;
  let report: PermissionReport;

  beforeEach(() => {
    client = new FakeClient();
    events = [];
    queued = [];
    log = recordingLogger();
    report = new PermissionReport({
      client,
      namespace: 'luaplugin-system',
      queue: { add: (key: string) => queued.push(key), run: () => Promise.resolve() },
      recordEvent: (event) => events.push(event),
      logger: log.logger,
    });
  });

  const written = () => {
    const body = client.calls.at(-1)?.body as { data: Record<string, string> } | undefined;
    return body?.data['missing-rules.yaml'];
  };

  it('is an Event about the ClusterRole that gathers the rules, for each resource', () => {
    report.add(broadcastJobs);
    report.add(pods);
    expect(events.map(({ regarding, related }) => [regarding.name, related?.name])).to.deep.equal([
      ['lua-plugin-operator-owners', 'broadcastjobs.apps.kruise.io'],
      ['lua-plugin-operator-owners', 'pods'],
    ]);
    expect(events[0]?.note).to.contain('may not get broadcastjobs.apps.kruise.io');
    expect(queued).to.have.length(2);
  });

  it('is a ConfigMap with the rules that are missing, in a fixed order', async () => {
    client.answer({});
    report.add(pods);
    report.add(broadcastJobs);
    await report.reconcile(signal);
    expect(client.calls[0]).to.include({
      method: 'PATCH',
      path: '/api/v1/namespaces/luaplugin-system/configmaps/lua-plugin-operator-status',
    });
    expect(written()).to.equal(
      '# Until it is granted, Pods of a BroadcastJob count as that BroadcastJob, whatever owns it.\n' +
        '- apiGroups: ["apps.kruise.io"]\n  resources: ["broadcastjobs"]\n  verbs: [get, list, watch]\n' +
        '# Until it is granted, Pods of a Pod count as that Pod, whatever owns it.\n' +
        '- apiGroups: [""]\n  resources: ["pods"]\n  verbs: [get, list, watch]\n',
    );
  });

  it('says so when nothing is missing any more', async () => {
    client.answer({});
    report.add(pods);
    report.remove(pods);
    await report.reconcile(signal);
    expect(written()).to.match(/^# None/);
  });

  it('is given up, with a line in the log, where its namespace does not exist', async () => {
    client.refuse(new ApiError(404, { kind: 'Status', reason: 'NotFound', message: 'no such namespace' }));
    report.add(pods);
    await report.reconcile(signal);
    expect(log.lines).to.have.length(1);
    expect(log.lines[0]).to.include({ level: 'warn', msg: 'could not write the status' });
  });

  it('ends with the queue, whatever it waits for', async () => {
    const stop = new AbortController();
    const working = report.reconcile(stop.signal).catch((error: unknown) => error);
    stop.abort(new Error('the term is over'));
    expect(String(await working)).to.contain('the term is over');
  });

  it('is tried again after a fault', async () => {
    client.refuse(new ApiError(503));
    const error = await report.reconcile(signal).catch((reason: unknown) => reason);
    expect(error).to.include({ status: 503 });
  });
});
