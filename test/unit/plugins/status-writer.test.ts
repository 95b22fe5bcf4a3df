import { expect } from 'chai';
import type { Condition } from '../../../operator/api/generated.ts';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { StatusPatch } from '../../../operator/plugins/status/status.ts';
import { StatusWriter } from '../../../operator/plugins/status/status-writer.ts';
import { makePlugin } from '../support/builders.ts';

function setUp(countsMs?: number) {
  let time = 0;
  const requests: KubeRequest[] = [];
  const plugin = makePlugin('p');
  let failure: Error | undefined;
  const client: KubeClient = {
    request<T>(request: KubeRequest): Promise<T> {
      requests.push(request);
      return failure === undefined ? Promise.resolve(plugin as T) : Promise.reject(failure);
    },
    stream: () => Promise.reject(new Error('not in this test')),
    close: () => Promise.resolve(),
  };
  const writer = new StatusWriter({
    client,
    clock: { now: () => time, wallTime: () => time, sleep: () => Promise.resolve() },
    countsMs,
  });
  return {
    writer,
    plugin,
    requests,
    pass: (ms: number) => {
      time += ms;
    },
    fail: (error: Error) => {
      failure = error;
    },
  };
}

function statusWith(podsResolved: number): StatusPatch {
  return {
    observedGeneration: 1,
    conditions: [],
    activeRevision: null,
    dryRun: null,
    podsResolved,
    errors: 0,
    lastErrors: [],
    tests: null,
  };
}

const ready: Condition = {
  type: 'Ready',
  status: 'True',
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
  reason: 'Serving',
  message: 'revision 1 (generation 1) serves',
};

describe('the status writer', () => {
  it('patches what differs in the status of this very object', async () => {
    const { writer, plugin, requests } = setUp();
    plugin.status = { observedGeneration: 0, conditions: [], errors: 0, lastErrors: [] };
    await writer.write(plugin, statusWith(1));
    expect(requests[0]).to.deep.include({
      method: 'PATCH',
      path: '/apis/luaplugin.dev/v1alpha1/luaplugins/p/status',
      body: { metadata: { uid: 'uid-of-p' }, status: { observedGeneration: 1, podsResolved: 1 } },
    });
  });

  it('replaces the conditions only if nobody has written since they were read', async () => {
    const { writer, plugin, requests } = setUp();
    plugin.metadata.resourceVersion = '41';
    plugin.status = statusWith(0) as never;
    await writer.write(plugin, { ...statusWith(0), conditions: [ready] });
    expect(requests[0]?.body).to.deep.equal({
      metadata: { uid: 'uid-of-p', resourceVersion: '41' },
      status: { conditions: [ready] },
    });
  });

  it('passes a conflict on, and does not count what was not written', async () => {
    const { writer, plugin, requests, fail } = setUp();
    fail(new ApiError(409, { kind: 'Status', reason: 'Conflict' }));
    const news = () => writer.write(plugin, { ...statusWith(1), conditions: [ready] });
    for (let count = 0; count < 50; count += 1) {
      expect(await news().catch((error: Error) => error)).to.be.instanceOf(ApiError);
    }
    expect(requests).to.have.length(50);
  });

  it('writes nothing when nothing changed, whether absent or null', async () => {
    const { writer, plugin, requests } = setUp();
    const { activeRevision, tests, ...present } = statusWith(1);
    expect([activeRevision, tests]).to.deep.equal([null, null]);
    const write = await writer.write({ ...plugin, status: present as never }, statusWith(1));
    expect(write).to.deep.equal({ result: 'unchanged' });
    expect(requests).to.deep.equal([]);
  });

  it('writes counts once a minute, and gathers for five seconds what comes after a quiet time', async () => {
    const { writer, plugin, requests, pass } = setUp();
    plugin.status = statusWith(0) as never;
    expect(await writer.write(plugin, statusWith(1))).to.deep.equal({ result: 'later', waitMs: 5_000 });
    pass(5_000);
    expect(await writer.write(plugin, statusWith(2))).to.include({ result: 'written' });
    expect(await writer.write(plugin, statusWith(3))).to.deep.equal({ result: 'later', waitMs: 60_000 });
    pass(59_000);
    expect(await writer.write(plugin, statusWith(3))).to.deep.equal({ result: 'later', waitMs: 1_000 });
    expect(requests).to.have.length(1);
    pass(1_000);
    expect(await writer.write(plugin, statusWith(3))).to.include({ result: 'written' });
  });

  it('writes the status of a plugin whose counts never rest 1,440 times a day', async () => {
    const { writer, plugin, requests, pass } = setUp();
    plugin.status = statusWith(0) as never;
    for (let second = 1; second <= 24 * 3_600; second += 1) {
      await writer.write(plugin, { ...statusWith(second), errors: second });
      pass(1_000);
    }
    expect(requests.length).to.be.within(1_430, 1_440);
  });

  it('writes counts as often as it is told to', async () => {
    const { writer, plugin, pass } = setUp(15_000);
    plugin.status = statusWith(0) as never;
    await writer.write(plugin, statusWith(1));
    pass(5_000);
    await writer.write(plugin, statusWith(1));
    expect(await writer.write(plugin, statusWith(2))).to.deep.equal({ result: 'later', waitMs: 15_000 });
  });

  for (const [what, change] of [
    ['generation', { observedGeneration: 2 }],
    ['condition', { conditions: [ready] }],
    ['active revision', { activeRevision: { number: 2, hash: 'ab', generation: 2 } }],
    ['outcome of its tests', { tests: { passed: 1, failed: 0, failures: [] } }],
  ] as const) {
    it(`writes another ${what} at once, with the counts as they are`, async () => {
      const { writer, plugin, requests } = setUp();
      plugin.status = statusWith(0) as never;
      const status = { ...statusWith(3), ...change } as StatusPatch;
      expect(await writer.write(plugin, status)).to.include({ result: 'written' });
      expect(requests[0]?.body).to.deep.nested.include({ 'status.podsResolved': 3 });
    });
  }

  it('writes counts that follow news half a second later, and every five seconds for a minute', async () => {
    const { writer, plugin, pass } = setUp();
    plugin.status = { observedGeneration: 0, conditions: [] };
    expect(await writer.write(plugin, statusWith(1))).to.include({ result: 'written' });
    plugin.status = { observedGeneration: 1, conditions: [] };
    expect(await writer.write(plugin, statusWith(2))).to.deep.equal({ result: 'later', waitMs: 500 });
    pass(500);
    expect(await writer.write(plugin, statusWith(2))).to.include({ result: 'written' });
    expect(await writer.write(plugin, statusWith(3))).to.deep.equal({ result: 'later', waitMs: 5_000 });
    pass(5_000);
    expect(await writer.write(plugin, statusWith(3))).to.include({ result: 'written' });
    pass(55_000);
    expect(await writer.write(plugin, statusWith(4))).to.deep.equal({ result: 'later', waitMs: 5_000 });
    pass(5_000);
    expect(await writer.write(plugin, statusWith(4))).to.include({ result: 'written' });
    expect(await writer.write(plugin, statusWith(5))).to.deep.equal({ result: 'later', waitMs: 60_000 });
  });

  it('lets ten news follow each other, then one in five seconds', async () => {
    const { writer, plugin, requests, pass } = setUp();
    const news = () => writer.write(plugin, { ...statusWith(1), observedGeneration: requests.length + 2 });
    for (let count = 0; count < 10; count += 1) expect(await news()).to.include({ result: 'written' });
    expect(await news()).to.deep.equal({ result: 'later', waitMs: 5000 });
    pass(5000);
    expect(await news()).to.include({ result: 'written' });
    expect(await news()).to.include({ result: 'later' });
  });

  it('makes nothing of a plugin that is gone', async () => {
    const { writer, plugin, fail } = setUp();
    fail(new ApiError(404, { kind: 'Status', reason: 'NotFound' }));
    const status = { ...statusWith(1), conditions: [ready] };
    expect(await writer.write(plugin, status)).to.deep.equal({ result: 'unchanged' });
  });

  it('passes other faults on, so that the plugin is queued again', async () => {
    const { writer, plugin, fail } = setUp();
    fail(new ApiError(503));
    const status = { ...statusWith(1), conditions: [ready] };
    const outcome = await writer.write(plugin, status).catch((error: Error) => error);
    expect(outcome).to.be.instanceOf(ApiError);
  });
});
