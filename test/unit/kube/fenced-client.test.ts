import { expect } from 'chai';
import type { KubeRequest } from '../../../operator/kube/client/client.ts';
import { NotLeaderError } from '../../../operator/kube/client/errors.ts';
import { FencedClient } from '../../../operator/kube/client/fenced-client.ts';
import { FakeClient } from './fake-client.ts';

describe('FencedClient', () => {
  const write = { method: 'PATCH', path: '/api/v1/namespaces/a/pods/b' } satisfies KubeRequest;
  let below: FakeClient;
  let leads: boolean;
  let client: FencedClient;

  beforeEach(() => {
    below = new FakeClient();
    leads = true;
    client = new FencedClient(below, () => leads);
  });

  const failure = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('makes no write while another leads, and reads all the same', async () => {
    leads = false;
    below.answer({ kind: 'Pod' });
    expect(await failure(client.request(write))).to.be.instanceOf(NotLeaderError);
    expect(await client.request({ method: 'GET', path: '/version' })).to.deep.equal({ kind: 'Pod' });
    expect(below.calls.map(({ method }) => method)).to.deep.equal(['GET']);
  });

  it('lets a write that waits for a connection be sent only while it still leads', async () => {
    below.answer({});
    await client.request(write);
    const [sent] = below.calls;
    expect(() => sent?.beforeSend?.()).not.to.throw();
    leads = false;
    expect(() => sent?.beforeSend?.()).to.throw(NotLeaderError, 'was not sent: another instance leads');
  });
});
