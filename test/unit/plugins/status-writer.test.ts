import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client.ts';
import { ApiError } from '../../../operator/kube/errors.ts';
import type { StatusPatch } from '../../../operator/plugins/status.ts';
import { StatusWriter } from '../../../operator/plugins/status-writer.ts';
import { makePlugin } from '../support/builders.ts';

function setUp() {
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
  const writer = new StatusWriter({ client, clock: { now: () => time, sleep: () => Promise.resolve() } });
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

describe('the status writer', () => {
  it('patches the status subresource of this very object', async () => {
    const { writer, plugin, requests } = setUp();
    await writer.write(plugin, statusWith(1));
    expect(requests[0]).to.deep.include({
      method: 'PATCH',
      path: '/apis/luaplugin.dev/v1alpha1/luaplugins/p/status',
      body: { metadata: { uid: 'uid-of-p' }, status: statusWith(1) },
    });
  });

  it('writes nothing when nothing changed, whether absent or null', async () => {
    const { writer, plugin, requests } = setUp();
    const { activeRevision, tests, ...present } = statusWith(1);
    expect([activeRevision, tests]).to.deep.equal([null, null]);
    const write = await writer.write({ ...plugin, status: present as never }, statusWith(1));
    expect(write).to.deep.equal({ result: 'unchanged' });
    expect(requests).to.deep.equal([]);
  });

  it('writes numbers once in five seconds', async () => {
    const { writer, plugin, requests, pass } = setUp();
    plugin.status = { observedGeneration: 1, conditions: [] };
    await writer.write(plugin, statusWith(1));
    expect(await writer.write(plugin, statusWith(2))).to.deep.equal({ result: 'later', waitMs: 5000 });
    expect(requests).to.have.length(1);
    pass(5000);
    expect(await writer.write(plugin, statusWith(2))).to.include({ result: 'written' });
  });

  it('writes news at once, and the numbers that come with them half a second later', async () => {
    const { writer, plugin, pass } = setUp();
    plugin.status = { observedGeneration: 0, conditions: [] };
    expect(await writer.write(plugin, statusWith(1))).to.include({ result: 'written' });
    plugin.status = { observedGeneration: 1, conditions: [] };
    expect(await writer.write(plugin, statusWith(2))).to.deep.equal({ result: 'later', waitMs: 500 });
    pass(500);
    expect(await writer.write(plugin, statusWith(2))).to.include({ result: 'written' });
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
    expect(await writer.write(plugin, statusWith(1))).to.deep.equal({ result: 'unchanged' });
  });

  it('passes other faults on, so that the plugin is queued again', async () => {
    const { writer, plugin, fail } = setUp();
    fail(new ApiError(503));
    const outcome = await writer.write(plugin, statusWith(1)).catch((error: Error) => error);
    expect(outcome).to.be.instanceOf(ApiError);
  });
});
