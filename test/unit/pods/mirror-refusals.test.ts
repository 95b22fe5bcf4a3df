import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import type { EventInput } from '../../../operator/kube/events/events.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { AnnotationKeys, annotationsFor } from '../../../operator/pods/annotations/annotations.ts';
import { Refusals } from '../../../operator/pods/refusals/refusals.ts';
import { OmittedNames } from '../../../operator/pods/write/omitted-names.ts';
import { PodWriter } from '../../../operator/pods/write/writer.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';

const workload = annotationsFor({ type: 'Job', name: 'j' }, 'standard');
const refusal = (what = "ValidatingAdmissionPolicy 'lua-plugin-operator-pods' with binding 'b'") =>
  new ApiError(422, {
    kind: 'Status',
    reason: 'Invalid',
    message: `pods "web-0" is forbidden: ${what} denied request: the operator may change no label of a Pod`,
  });

function setUp() {
  const clock = new ManualClock();
  const events: EventInput[] = [];
  const queued: string[] = [];
  const lines: string[] = [];
  const log = (level: string) => (_fields: unknown, text?: string) => lines.push(`${level}: ${text}`);
  const logger = { ...silentLogger, info: log('info'), warn: log('warn'), debug: log('debug') };
  const refusals = new Refusals({
    clock,
    recordEvent: (event) => events.push(event),
    random: () => 1,
    logger,
  });
  refusals.queueTo({
    tryAgain: (uid) => queued.push(uid) > 0,
    release: (uids) => void queued.push(...uids),
  });
  const client = new FakeClient();
  const results: string[] = [];
  const writer = new PodWriter({
    client,
    keys: new AnnotationKeys('luaplugin.dev', { labels: true, openTelemetry: false }),
    limiter: { take: () => Promise.resolve() },
    onWrite: (result) => results.push(result),
    refusals,
    omittedNames: new OmittedNames(logger),
  });
  const pod = makePod();
  const target = { namespace: 'default', name: 'web-0', uid: pod.metadata.uid };
  return { clock, events, queued, lines, refusals, client, results, writer, pod, target };
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

  it('is told of once in the log, and in an Event of each Namespace, with what to do', async () => {
    const { writer, client, pod, target, events, lines } = setUp();
    for (const namespace of ['default', 'shop']) {
      client.refuse(refusal()).answer(pod);
      await writer.write({ ...target, namespace }, workload);
    }
    expect(lines.map((line) => line.split(' ')[0])).to.deep.equal(['warn:', 'debug:']);
    expect(lines[0]).to.match(
      /^warn: ValidatingAdmissionPolicy lua-plugin-operator-pods refuses .*variable mirror/,
    );
    expect(events.map(({ regarding }) => regarding.name)).to.deep.equal(['default', 'shop']);
    expect(events[0]).to.include({ type: 'Warning', reason: 'MirrorRefused' });
    expect(events[0]?.related).to.include({
      kind: 'ValidatingAdmissionPolicy',
      name: 'lua-plugin-operator-pods',
    });
  });

  it('is tried again with one of the Pods that were refused, and with the others when that passes', async () => {
    const { writer, client, pod, target, clock, refusals, queued } = setUp();
    const there = ['a', 'b', 'c'].map((uid) => ({ ...target, uid, carried: workload }));
    for (const one of there) {
      client.refuse(refusal());
      await writer.write(one, workload);
    }
    const mayBe = () =>
      there.filter((one) => writer.differenceFrom(one, workload) !== undefined).map(({ uid }) => uid);
    expect(mayBe(), 'nothing that may be written').to.deep.equal([]);
    expect(writer.differenceFrom({ ...target, uid: 'd' }, workload), 'a Pod that nobody refused').to.exist;

    const stop = new AbortController();
    const running = refusals.run(stop.signal);
    queued.length = 0;
    for (const one of there) {
      client.refuse(refusal());
      await writer.write(one, workload);
    }
    await clock.advance(1_000);
    expect(queued).to.deep.equal([]);
    await clock.advance(1_000);
    expect(queued).to.deep.equal(['a']);
    expect(mayBe()).to.deep.equal(['a']);
    client.answer({ ...pod, metadata: { ...pod.metadata, uid: 'a' } });
    await writer.write({ ...target, uid: 'a', carried: workload }, workload);
    expect(queued, 'it passed, so the others are looked at again').to.deep.equal(['a', 'b', 'c']);
    expect(mayBe()).to.deep.equal(['a', 'b', 'c']);
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

  it("is this Pod's own affair where it alone can't take it: the others of its namespace get theirs", async () => {
    const { writer, client, pod, target, lines } = setUp();
    const tooLarge = new ApiError(422, {
      kind: 'Status',
      reason: 'Invalid',
      message: 'Pod "web-0" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes',
    });
    client.refuse(tooLarge).answer(pod);
    await writer.write(target, workload);
    const others = { ...target, carried: workload };
    expect(writer.differenceFrom(others, workload)).to.equal(undefined);
    expect(writer.differenceFrom({ ...others, uid: 'other' }, workload)).to.exist;
    expect(lines[0]).to.match(/^warn: the API server \(Invalid\) refuses/);
  });

  it('is forgotten with the last Pod of its namespace', async () => {
    const { writer, client, pod, target, refusals } = setUp();
    client.refuse(refusal()).answer(pod);
    await writer.write(target, workload);
    expect(refusals.mirror.size).to.equal(1);
    refusals.forget(target);
    expect(refusals.mirror.size).to.equal(0);
  });

  it("is none where the operator's own annotations are refused, too: the Pod waits with both", async () => {
    const { writer, client, target, events, results } = setUp();
    client.refuse(refusal()).refuse(refusal());
    expect(await writer.write(target, workload)).to.equal('refused');
    expect(events.map(({ reason }) => reason)).to.deep.equal(['WriteRefused']);
    expect(results).to.deep.equal(['mirror_refused', 'refused']);
    expect(await writer.write(target, workload)).to.equal('refused');
    expect(client.calls).to.have.length(2);
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
