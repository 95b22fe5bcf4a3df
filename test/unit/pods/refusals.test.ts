import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import type { Answer } from '../../../operator/sandbox/contract.ts';
import { failing, resolved } from '../support/scripted-sandbox.ts';
import { startPods } from './refusing-server.ts';

const minute = 60_000;
const hour = 60 * minute;

const denial = (policy = 'no-writes') =>
  new ApiError(422, {
    kind: 'Status',
    reason: 'Invalid',
    message: `pods "x" is forbidden: ValidatingAdmissionPolicy '${policy}' with binding 'b' denied request: no`,
  });
const namespaceIs = (namespace: string) => (pod: KubeObject) =>
  pod.metadata.namespace === namespace ? denial() : undefined;

/** Runs a test with Pods, and ends what it started. */
async function withPods(test: (pods: ReturnType<typeof startPods>) => Promise<void>): Promise<void> {
  const pods = startPods();
  try {
    await test(pods);
  } finally {
    await pods.stop();
  }
}

describe('a namespace whose writes a policy refuses', function () {
  this.timeout(120_000);

  it('costs some 150 writes and one line in the hour, with 10,000 Pods, and other namespaces nothing', () =>
    withPods(async ({ server, put, advance, told, events, queue }) => {
      server.refuses = namespaceIs('shop');
      for (let pod = 0; pod < 10_000; pod += 1) put('shop', `web-${pod}`);
      for (let pod = 0; pod < 100; pod += 1) put('bank', `web-${pod}`);
      await advance(0);
      expect(server.patches.passed).to.have.length(100);
      expect(server.patches.refused, '50 in a row, and those under way').to.have.length.within(50, 50 + 16);
      await advance(hour - 1_000);
      expect(server.patches.refused).to.have.length.within(100, 170);
      expect(told().map(({ level, msg }) => `${level}: ${msg.split(':')[0]}`)).to.deep.equal([
        "warn: ValidatingAdmissionPolicy no-writes refuses the operator's annotations on Pods",
      ]);
      expect(
        events,
        'two an hour at the least, while the API server keeps one an hour',
      ).to.have.length.within(2, 4);
      expect(queue.size, 'no Pod waits for a retry of its own').to.equal(0);
      put('bank', 'new');
      await advance(0);
      expect(server.patches.passed.at(-1)).to.equal('bank/new');
    }));

  it('counts a Pod no more that keeps what it has, since its plugin fails', () =>
    withPods(async ({ server, put, advance, metric, plugins, sandbox }) => {
      const serve = async (program: string, answer: () => Answer) => {
        const limits = { timeoutMs: 50, memoryBytes: 2 ** 24 };
        sandbox.answers.set(program, answer);
        await sandbox.load({ id: program, plugin: 'p', script: program, limits });
        plugins.put({ name: 'p', priority: 0, mode: 'Enforce', matches: () => true, program });
        await advance(0);
      };
      await serve('p@1', () => resolved('Deployment', 'web'));
      put('shop', 'web-0');
      await advance(0);
      server.refuses = namespaceIs('shop');
      await serve('p@2', () => resolved('Deployment', 'shop'));
      expect((await metric('luaplugin_refused_pods{')).map((line) => line.split(' ').at(-1))).to.deep.equal([
        '1',
      ]);
      await serve('p@3', () => failing({ reason: 'runtime', message: 'p:1: oops' }));
      expect(await metric('luaplugin_refused_pods{')).to.deep.equal([]);
      expect(server.patches.passed).to.deep.equal(['shop/web-0']);
    }));

  it('has every Pod written within ten minutes of the end of the refusal', () =>
    withPods(async ({ server, put, advance, told, metric }) => {
      server.refuses = namespaceIs('shop');
      for (let pod = 0; pod < 1_000; pod += 1) put('shop', `web-${pod}`);
      await advance(3 * hour + 17 * minute);
      server.refuses = () => undefined;
      await advance(10 * minute);
      expect(new Set(server.patches.passed).size).to.equal(1_000);
      const end = told().at(-1);
      expect(`${end?.level}: ${end?.msg}`).to.equal(
        "info: no Pod waits any more for ValidatingAdmissionPolicy no-writes, which refused the operator's annotations on Pods",
      );
      expect(end).to.include({ refusedWrites: server.patches.refused.length });
      expect(await metric('luaplugin_refused_pods{')).to.deep.equal([]);
    }));

  it('is said once more in each hour that it lasts, with what it has cost', () =>
    withPods(async ({ server, put, advance, told }) => {
      server.refuses = namespaceIs('shop');
      for (let pod = 0; pod < 50; pod += 1) put('shop', `web-${pod}`);
      await advance(3 * hour + minute);
      const repeated = told().filter(({ msg }) => msg.includes('still refuses'));
      expect(repeated).to.have.length(3);
      expect(repeated[0]).to.include({ level: 'warn', namespaces: 1, pods: 50 });
      expect(repeated[0]?.someNamespaces).to.deep.equal(['shop']);
      expect(told()).to.have.length(4);
    }));

  it('is tried by one Pod at a time, by another each time, after pauses that double up to ten minutes', () =>
    withPods(async ({ server, put, advance, clock }) => {
      server.refuses = namespaceIs('shop');
      for (const pod of ['a', 'b', 'c']) put('shop', pod);
      await advance(0);
      expect(server.patches.refused).to.have.members(['shop/a', 'shop/b', 'shop/c']);
      const tries: { pod: string | undefined; at: number }[] = [];
      for (let second = 0; second < 2 * 3_600; second += 1) {
        const before = server.patches.refused.length;
        await advance(1_000);
        expect(server.patches.refused.length - before).to.be.at.most(1);
        if (server.patches.refused.length > before) {
          tries.push({ pod: server.patches.refused.at(-1), at: clock.now() });
        }
      }
      expect(tries.slice(0, 6).map(({ pod }) => pod)).to.deep.equal([
        ...['shop/a', 'shop/b', 'shop/c'],
        ...['shop/a', 'shop/b', 'shop/c'],
      ]);
      const pauses = tries.slice(1).map(({ at }, index) => (at - (tries[index]?.at ?? 0)) / 1000);
      for (const [index, pause] of pauses.entries()) {
        const full = Math.min(600, 4 * 2 ** index);
        expect(pause, `pause ${index}`).to.be.within(full / 2 - 1, full + 2);
      }
    }));

  it('is an Event about the Namespace that names who refuses, and what to do', () =>
    withPods(async ({ server, put, advance, events }) => {
      server.refuses = denialOf;
      for (const namespace of ['shop', 'bank']) for (const pod of ['a', 'b']) put(namespace, pod);
      await advance(10 * minute);
      expect(events.map(({ regarding }) => `${regarding.kind} ${regarding.name}`)).to.have.members([
        'Namespace shop',
        'Namespace bank',
      ]);
      expect(events[0]).to.deep.include({ type: 'Warning', reason: 'WriteRefused', action: 'Annotate' });
      expect(events[0]?.related).to.include({ kind: 'ValidatingAdmissionPolicy', name: 'no-writes' });
      expect(events[0]?.note).to.match(/^ValidatingAdmissionPolicy no-writes refuses .*docs\/alerts\.md/);
    }));

  it('has Events that never are half an hour apart, for as long as it lasts, and one when it is over', () =>
    withPods(async ({ server, put, advance, events, clock }) => {
      server.refuses = namespaceIs('shop');
      for (const pod of ['a', 'b', 'c']) put('shop', pod);
      const begun = clock.now();
      const times: number[] = [];
      for (let passed = 0; passed < 5 * 60; passed += 1) {
        await advance(minute);
        while (times.length < events.length) times.push(clock.now());
      }
      const gaps = [...times, clock.now()].map((at, index) => at - (times[index - 1] ?? begun));
      expect(Math.max(...gaps)).to.be.at.most(31 * minute);
      expect(events, 'three an hour at the most').to.have.length.within(10, 16);
      expect(new Set(events.map(({ type }) => type))).to.deep.equal(new Set(['Warning']));
      server.refuses = () => undefined;
      await advance(10 * minute);
      const { regarding, type, reason, note } = events.at(-1) ?? {};
      expect([regarding?.name, type, reason]).to.deep.equal(['shop', 'Normal', 'WriteRefusalEnded']);
      expect(note).to.match(/^ValidatingAdmissionPolicy no-writes refused .* no Pod of the namespace waits/);
      const { length } = events;
      await advance(hour);
      expect(events).to.have.length(length);
    }));

  it('has Events of each who refuses, also where they have no object', () =>
    withPods(async ({ server, put, advance, events }) => {
      server.refuses = ({ metadata: { name } }) =>
        new ApiError(400, {
          kind: 'Status',
          message: `admission webhook "${name}.example.com" denied the request: no`,
        });
      for (const pod of ['a', 'b']) put('shop', pod);
      await advance(minute);
      expect(events.map(({ distinction }) => distinction)).to.have.members([
        'admission webhook a.example.com',
        'admission webhook b.example.com',
      ]);
    }));

  it('is in /metrics by who refuses: the namespaces, the Pods that wait, and the refused writes', () =>
    withPods(async ({ server, put, advance, metric }) => {
      server.refuses = ({ metadata: { namespace } }) =>
        namespace === 'bank' ? undefined : denial(namespace === 'shop' ? 'shops' : 'others');
      for (const namespace of ['shop', 'bank', 'x', 'y']) put(namespace, 'a');
      await advance(0);
      expect(await metric('luaplugin_refused_')).to.have.members([
        'luaplugin_refused_namespaces{refuser="ValidatingAdmissionPolicy shops"} 1',
        'luaplugin_refused_namespaces{refuser="ValidatingAdmissionPolicy others"} 2',
        'luaplugin_refused_pods{refuser="ValidatingAdmissionPolicy shops"} 1',
        'luaplugin_refused_pods{refuser="ValidatingAdmissionPolicy others"} 2',
      ]);
      expect(await metric('luaplugin_pod_writes_total{result="refused"}')).to.deep.equal([
        'luaplugin_pod_writes_total{result="refused"} 3',
      ]);
    }));

  it('leaves nothing behind when it is deleted', () =>
    withPods(async ({ server, put, remove, advance, metric, told, clock, refusals }) => {
      server.refuses = denialOf;
      for (let pod = 0; pod < 100; pod += 1) put('shop', `web-${pod}`);
      await advance(minute);
      for (let pod = 0; pod < 100; pod += 1) remove('shop', `web-${pod}`);
      const tried = server.patches.refused.length;
      await advance(hour);
      expect(server.patches.refused).to.have.length(tried);
      expect(await metric('luaplugin_refused_')).to.deep.equal([]);
      expect(refusals.writes.size).to.equal(0);
      expect(told().at(-1)?.msg).to.match(/^no Pod waits any more/);
      expect(clock.sleepers, 'the queue and the two that look for pauses').to.equal(3);
    }));

  it('is tried anew by whoever leads next, and is in no metric of who led before', () =>
    withPods(async ({ server, put, advance, metric, stop, start }) => {
      server.refuses = namespaceIs('shop');
      for (let pod = 0; pod < 30; pod += 1) put('shop', `web-${pod}`);
      await advance(hour);
      await stop();
      expect(await metric('luaplugin_refused_')).to.deep.equal([]);
      server.refuses = () => undefined;
      start();
      await advance(0);
      expect(new Set(server.patches.passed).size).to.equal(30);
    }));
});

const denialOf = () => denial();

describe('a refusal that speaks of some Pods of a namespace', function () {
  this.timeout(120_000);
  const labelled = ({ metadata: { labels } }: KubeObject) =>
    labels?.tier === 'refused' ? denial() : undefined;

  it('keeps no other Pod waiting: each that passes is written at once, each that does not tries once', () =>
    withPods(async ({ server, put, advance }) => {
      server.refuses = labelled;
      for (let pod = 0; pod < 300; pod += 1)
        put('shop', `web-${pod}`, pod % 3 === 0 ? {} : { tier: 'refused' });
      await advance(0);
      expect(server.patches.passed).to.have.length(100);
      expect(server.patches.refused).to.have.length(200);
      await advance(hour);
      expect(server.patches.refused).to.have.length.within(205, 220);
      put('shop', 'new');
      await advance(0);
      expect(server.patches.passed).to.include('shop/new');
    }));

  it('has a new Pod of a paused namespace tried within a minute, and all untried ones after it passed', () =>
    withPods(async ({ server, put, advance }) => {
      server.refuses = labelled;
      for (let pod = 0; pod < 200; pod += 1) put('shop', `web-${pod}`, { tier: 'refused' });
      await advance(hour);
      const tried = new Set(server.patches.refused).size;
      expect(tried, 'others wait untried').to.be.below(200);
      for (const pod of ['a', 'b', 'c']) put('shop', pod);
      await advance(minute + 2_000);
      expect(server.patches.passed).to.have.members(['shop/a', 'shop/b', 'shop/c']);
    }));

  it('is tried at once with a Pod that changed, and none of the others', () =>
    withPods(async ({ server, put, advance }) => {
      server.refuses = labelled;
      for (const pod of ['a', 'b', 'c']) put('shop', pod, { tier: 'refused' });
      await advance(hour);
      const tried = server.patches.refused.length;
      put('shop', 'b', { tier: 'allowed' });
      await advance(0);
      expect(server.patches.passed).to.deep.equal(['shop/b']);
      expect(server.patches.refused.length).to.equal(tried);
    }));

  it('holds for one Pod alone that can take no more annotations', () =>
    withPods(async ({ server, put, advance, events }) => {
      const message =
        'Pod "web-3" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes';
      server.refuses = ({ metadata: { name } }) =>
        name === 'web-3' ? new ApiError(422, { kind: 'Status', reason: 'Invalid', message }) : undefined;
      for (let pod = 0; pod < 30; pod += 1) put('shop', `web-${pod}`);
      await advance(0);
      expect(server.patches.passed).to.have.length(29);
      await advance(hour);
      expect(server.patches.refused).to.have.length.within(12, 20);
      expect(events[0]?.note).to.match(/^the API server \(Invalid\) refuses .*shop\/web-3/);
    }));

  it('by two who refuse is tried for each of them: the end of one refusal waits for no end of the other', () =>
    withPods(async ({ server, put, advance }) => {
      server.refuses = ({ metadata: { labels } }) => denial(labels?.by);
      for (let pod = 0; pod < 4; pod += 1)
        for (const by of ['one', 'two']) put('shop', `${by}-${pod}`, { by });
      await advance(hour);
      server.refuses = ({ metadata: { labels } }) => (labels?.by === 'one' ? undefined : denial('two'));
      await advance(10 * minute + 2_000);
      expect(server.patches.passed).to.have.members([0, 1, 2, 3].map((pod) => `shop/one-${pod}`));
    }));
});

describe('a webhook that fails for five seconds', () => {
  it('delays the Pods that it met by some seconds, without a warning each', () =>
    withPods(async ({ server, put, advance, told }) => {
      const message =
        'Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post "https://x": EOF';
      server.refuses = () => new ApiError(500, { kind: 'Status', reason: 'InternalError', message });
      for (let pod = 0; pod < 500; pod += 1) put('shop', `web-${pod}`);
      await advance(5_000);
      server.refuses = () => undefined;
      await advance(10_000);
      expect(new Set(server.patches.passed).size).to.equal(500);
      expect(told().map(({ level, refuser }) => `${level} ${refuser}`)).to.deep.equal([
        'warn admission webhook slow.example.com',
        'info admission webhook slow.example.com',
      ]);
    }));
});

describe('a refuser in thousands of namespaces', function () {
  this.timeout(60_000);

  it('has one line in the log, and at most 50 Events', () =>
    withPods(async ({ server, put, advance, told, events }) => {
      server.refuses = denialOf;
      for (let namespace = 0; namespace < 2_000; namespace += 1) put(`shop-${namespace}`, 'web');
      await advance(minute);
      expect(told()).to.have.length(1);
      expect(events).to.have.length(50);
    }));

  it('has at most 200 Events in an hour that it lasts, 50 when it is over, and the log names ten of the namespaces', () =>
    withPods(async ({ server, put, advance, told, events }) => {
      server.refuses = denialOf;
      for (let namespace = 0; namespace < 500; namespace += 1) put(`shop-${namespace}`, 'web');
      await advance(hour + minute);
      expect(events.length).to.be.within(100, 200);
      expect(told().at(-1)).to.include({ namespaces: 500 });
      expect(told().at(-1)?.someNamespaces).to.have.length(10).and.to.include('shop-0');
      server.refuses = () => undefined;
      await advance(10 * minute);
      expect(events.filter(({ reason }) => reason === 'WriteRefusalEnded')).to.have.length(50);
    }));

  it('that comes and goes is told of every ten minutes at the most', () =>
    withPods(async ({ server, put, advance, told }) => {
      for (let round = 0; round < 60; round += 1) {
        server.refuses = denialOf;
        put('shop', `web-${round}`);
        await advance(10_000);
        server.refuses = () => undefined;
        await advance(50_000);
      }
      expect(told().filter(({ level }) => level === 'warn').length).to.be.within(5, 7);
    }));

  it('takes at most 20 labels of a metric', () =>
    withPods(async ({ server, put, advance, metric }) => {
      server.refuses = ({ metadata: { namespace } }) => denial(namespace);
      for (let namespace = 0; namespace < 100; namespace += 1) put(`policy-${namespace}`, 'web');
      await advance(0);
      const series = await metric('luaplugin_refused_pods{');
      expect(series).to.have.length(21);
      expect(series).to.include('luaplugin_refused_pods{refuser="other"} 80');
    }));
});
