import { expect } from 'chai';
import { silentLogger } from '../../operator/observability/logging.ts';
import { Watches } from '../../operator/watches.ts';
import { FakeClient } from './kube/fake-client.ts';
import { settle } from './support/clock.ts';

describe('what the operator watches', () => {
  /** What the first list of Pods asks for. */
  async function podQuery(nodeName: string | undefined) {
    const client = new FakeClient();
    const sink = { upsert: () => {}, remove: () => {}, uids: () => [] };
    const sinks = { namespaces: sink, plugins: sink, pods: sink };
    const { pods } = new Watches({
      client,
      logger: silentLogger,
      ...sinks,
      config: { nodeName, skipFinishedPods: false },
    });
    const stop = new AbortController();
    const ended = pods.run(stop.signal);
    await settle();
    stop.abort();
    await ended;
    return client.calls[0]?.query;
  }

  it("lists the Pods of one node from the server's cache, as the kubelet does", async () => {
    expect(await podQuery('n1')).to.deep.equal({
      fieldSelector: 'spec.nodeName=n1',
      resourceVersion: '0',
      resourceVersionMatch: 'NotOlderThan',
    });
  });

  it('lists the Pods of the whole cluster page by page, which no memory has to hold at once', async () => {
    expect(await podQuery(undefined))
      .to.include({ limit: 500 })
      .and.not.to.have.property('resourceVersion');
  });
});
