import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/errors.ts';
import type { EventInput } from '../../../operator/kube/events.ts';
import type { KubeObject } from '../../../operator/kube/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { AnnotationKeys, annotationsFor } from '../../../operator/pods/annotations.ts';
import { MirrorFaults } from '../../../operator/pods/mirror-faults.ts';
import { PodWriter } from '../../../operator/pods/writer.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock, until } from '../support/clock.ts';

const workload = annotationsFor({ type: 'Job', name: 'j' }, 'standard');
const refusal = (what = "ValidatingAdmissionPolicy 'lua-plugin-operator-pods' with binding 'b'") =>
  new ApiError(422, {
    kind: 'Status',
    reason: 'Invalid',
    message: `pods "web-0" is forbidden: ${what} denied request: the operator may change no label of a Pod`,
  });

function setUp(pods = 3) {
  const clock = new ManualClock();
  const events: EventInput[] = [];
  const retried: string[] = [];
  const lines: string[] = [];
  const log = (level: string) => (_fields: unknown, text?: string) => lines.push(`${level}: ${text}`);
  const faults = new MirrorFaults({
    clock,
    recordEvent: (event) => events.push(event),
    onRetry: (namespace) => {
      retried.push(namespace);
      return pods;
    },
    logger: { ...silentLogger, info: log('info'), warn: log('warn'), debug: log('debug') },
  });
  const client = new FakeClient();
  const results: string[] = [];
  const writer = new PodWriter({
    client,
    keys: new AnnotationKeys('luaplugin.dev', { labels: true, openTelemetry: false }),
    limiter: { take: () => Promise.resolve() },
    onWrite: (result) => results.push(result),
    faults,
  });
  const pod = makePod();
  const target = { namespace: 'default', name: 'web-0', uid: pod.metadata.uid };
  return { clock, events, retried, lines, faults, client, results, writer, pod, target };
}

function body({ calls }: FakeClient, index: number): KubeObject['metadata'] {
  const { body: sent } = calls.at(index) ?? {};
  return (sent as KubeObject).metadata;
}

describe('a mirror that the API server refuses', () => {
  it('costs the Pod nothing but the mirror: its annotations are written without', async () => {
    const { writer, client, pod, target, results } = setUp();
    client.refuse(refusal()).answer(pod);
    expect(await writer.write(target, workload)).to.equal(pod);
    expect(body(client, 0)).to.have.property('labels');
    expect(body(client, 1)).to.have.all.keys('uid', 'annotations');
    expect(results).to.deep.equal(['mirror_refused', 'success']);
  });

  it('is told of once, in the log and in an Event about the policy, with what to do', async () => {
    const { writer, client, pod, target, events, lines } = setUp();
    for (const namespace of ['default', 'shop']) {
      client.refuse(refusal()).answer(pod);
      await writer.write({ ...target, namespace }, workload);
    }
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(
      /^warn: ValidatingAdmissionPolicy 'lua-plugin-operator-pods' refuses .*variable mirror/,
    );
    const [event, ...others] = events;
    expect(others).to.deep.equal([]);
    expect(event?.regarding).to.include({
      kind: 'ValidatingAdmissionPolicy',
      name: 'lua-plugin-operator-pods',
    });
    expect(event).to.include({ type: 'Warning', reason: 'MirrorRefused' });
  });

  it("is told of as the Namespace's, where a webhook refuses it", async () => {
    const { writer, client, pod, target, events } = setUp();
    client.refuse(refusal('admission webhook "labels.example.com"')).answer(pod);
    await writer.write(target, workload);
    expect(events[0]?.regarding).to.include({ kind: 'Namespace', name: 'default' });
    expect(events[0]?.note).to.contain('labels.example.com');
  });

  it('is not tried with the other Pods of the namespace, for ten minutes', async () => {
    const { writer, client, pod, target, clock, faults, retried } = setUp();
    client.refuse(refusal()).answer(pod);
    await writer.write(target, workload);
    const there = { ...target, carried: workload };
    expect(writer.differenceFrom(there, workload), 'nothing that may be written').to.equal(undefined);
    expect(writer.differenceFrom({ ...there, namespace: 'shop' }, workload)).not.to.equal(undefined);

    const stop = new AbortController();
    const running = faults.run(stop.signal);
    for (let minute = 0; minute < 9; minute += 1) {
      await until(() => clock.sleepers === 1, 'the next look');
      await clock.advance(60_000);
    }
    expect(retried).to.deep.equal([]);
    await until(() => clock.sleepers === 1, 'the next look');
    await clock.advance(60_000);
    expect(retried).to.deep.equal(['default']);
    expect(writer.differenceFrom(there, workload), 'one Pod tries').not.to.equal(undefined);
    client.answer(pod);
    const tried = writer.write(there, workload, { mirror: { labels: { x: 'y' } } });
    expect(writer.differenceFrom(there, workload), 'the others wait for it').to.equal(undefined);
    await tried;
    expect(retried, 'it passed, so all are looked at again').to.deep.equal(['default', 'default']);
    expect(writer.differenceFrom(there, workload)).not.to.equal(undefined);
    stop.abort();
    await running;
  });

  it('costs a Pod that lacks nothing else one call, not two', async () => {
    const { writer, client, target, results } = setUp();
    client.refuse(refusal());
    expect(await writer.write({ ...target, carried: workload }, workload)).to.equal('unchanged');
    expect(client.calls).to.have.length(1);
    expect(results).to.deep.equal(['mirror_refused']);
  });

  it("is this Pod's own affair where nobody forbids it: the others of its namespace get theirs", async () => {
    const { writer, client, pod, target, events, lines } = setUp();
    const tooLarge = new ApiError(422, {
      kind: 'Status',
      reason: 'Invalid',
      message: 'Pod "web-0" is invalid: Too long',
    });
    for (let time = 0; time < 2; time += 1) {
      client.refuse(tooLarge).answer(pod);
      await writer.write(target, workload);
    }
    expect(writer.differenceFrom({ ...target, carried: workload }, workload)).not.to.equal(undefined);
    expect(events).to.deep.equal([]);
    expect(lines.map((line) => line.split(':')[0])).to.deep.equal(['warn', 'debug']);
  });

  it('is forgotten with the last Pod of its namespace', async () => {
    const { writer, client, pod, target, clock, faults, retried } = setUp(0);
    client.refuse(refusal()).answer(pod);
    await writer.write(target, workload);
    const stop = new AbortController();
    const running = faults.run(stop.signal);
    for (let minute = 0; minute < 30; minute += 1) {
      await until(() => clock.sleepers === 1, 'the next look');
      await clock.advance(60_000);
    }
    expect(retried).to.deep.equal(['default']);
    stop.abort();
    await running;
  });

  it('is no refusal where the annotations are refused, too', async () => {
    const { writer, client, target, events } = setUp();
    client.refuse(refusal()).refuse(refusal());
    expect(await writer.write(target, workload).catch((error: unknown) => error)).to.be.instanceOf(ApiError);
    expect(events).to.deep.equal([]);
  });

  it('is no refusal where the API server is only busy', async () => {
    const { writer, client, target } = setUp();
    client.refuse(new ApiError(429));
    expect(await writer.write(target, workload).catch((error: unknown) => error)).to.be.instanceOf(ApiError);
    expect(client.calls).to.have.length(1);
  });
});

describe('a name that can be no label', () => {
  it('is told of once, and then at level debug', async () => {
    const { writer, client, pod, target, lines } = setUp();
    const long = annotationsFor({ type: 'Job', name: 'x'.repeat(64) }, 'LuaPlugin/p');
    for (let times = 0; times < 2; times += 1) {
      client.answer(pod);
      await writer.write(target, long);
    }
    expect(lines.map((line) => line.slice(0, 40))).to.deep.equal([
      'warn: this name of a workload can be no ',
      'debug: this name of a workload can be no',
    ]);
    expect(body(client, 0).labels).to.deep.equal({ 'luaplugin.dev/workload-type': 'Job' });
  });
});
