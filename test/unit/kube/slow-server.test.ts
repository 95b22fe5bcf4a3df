import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { LeaderElection } from '../../../operator/kube/election/leader-election.ts';
import { EventRecorder } from '../../../operator/kube/events/events.ts';
import { eventually } from '../../support/eventually.ts';
import { recordingLogger } from '../support/log.ts';
import { HttpServer } from './http-server.ts';

/** So many Pods are written at a time, by default. */
const writers = 64;

const patchPod = (client: PooledKubeClient, signal?: AbortSignal) =>
  client.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/a/pods/b',
    pool: 'podWrites',
    body: {},
    signal,
  });

/** A server that keeps one Lease, and takes its time for PATCHes. */
async function slowServer(patchMs: number): Promise<HttpServer> {
  const server = new HttpServer();
  let lease: { metadata: { resourceVersion: string } } | undefined;
  let version = 0;
  server.answer = ({ method, body }, response) => {
    if (method === 'PATCH') {
      setTimeout(() => response.end('{}'), patchMs);
      return;
    }
    if (method !== 'GET') {
      lease = body as typeof lease & object;
      lease.metadata.resourceVersion = String(++version);
    }
    if (lease === undefined) response.writeHead(404).end('{"kind":"Status","reason":"NotFound"}');
    else response.end(JSON.stringify(lease));
  };
  await server.start();
  return server;
}

describe('A server that takes its time for writes to Pods', () => {
  /** Leads for so long, in milliseconds, while Pods are written all the time. @returns what came of it */
  async function lead(patchMs: number, forMs: number) {
    const server = await slowServer(patchMs);
    const client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
    const stop = new AbortController();
    const election = new LeaderElection({
      client,
      namespace: 'ns',
      name: 'lock',
      identity: 'me',
      logger: recordingLogger().logger,
      durationMs: 6_000,
      renewDeadlineMs: 5_000,
      retryMs: 500,
    });
    let terms = 0;
    let ms = 0;
    const write = async (signal: AbortSignal) => {
      while (!signal.aborted) await patchPod(client, signal).catch(() => {});
    };
    await election.run(stop.signal, async (term) => {
      terms++;
      const since = performance.now();
      const end = new AbortController();
      const over = delay(forMs, undefined, { signal: term }).catch(() => {});
      const work = Array.from({ length: writers }, () => write(AbortSignal.any([term, end.signal])));
      await over;
      ms = performance.now() - since;
      end.abort();
      stop.abort();
      await Promise.all(work);
    });
    const renewals = server.calls.filter(({ method }) => method === 'PUT').length;
    await client.close();
    await server.stop();
    return { terms, ms, renewals, connections: server.connections };
  }

  it('costs nobody the leadership and opens no flood of connections, at 0.5, 0.7 and 5 s a write', async () => {
    // Longer than a leader goes on without a renewal.
    const forMs = 8_000;
    for (const end of await Promise.all([500, 700, 5_000].map((patchMs) => lead(patchMs, forMs)))) {
      expect(end.terms, 'terms').to.equal(1);
      expect(end.ms, 'milliseconds led').to.be.at.least(forMs - 100);
      expect(end.renewals, 'renewals').to.be.at.least(3);
      // 16 for Pods, 2 for the election; those of calls that were ended are opened again.
      expect(end.connections, 'connections').to.be.at.most(2 * 16 + 2);
    }
  });

  describe('while all connections for these wait for an answer', () => {
    let server: HttpServer;
    let client: PooledKubeClient;
    let waiting: ServerResponse[];
    let ends: Promise<unknown>[];

    beforeEach(async () => {
      server = new HttpServer();
      waiting = [];
      server.answer = ({ method, path }, response) => {
        if (method === 'PATCH' && path.includes('/pods/')) waiting.push(response);
        else response.end('{}');
      };
      await server.start();
      client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
      ends = Array.from({ length: writers }, () => patchPod(client).catch((error: unknown) => error));
      await eventually('the connections to be busy', () => waiting.length === 16);
    });
    afterEach(async () => {
      server.answer = (_call, response) => response.end('{}');
      for (const response of waiting) response.end('{}');
      await Promise.all(ends);
      await client.close();
      await server.stop();
    });

    it('ends a call when its time is over, counted from when it was made', async () => {
      const begun = performance.now();
      const error: unknown = await client
        .request({ method: 'PATCH', path: '/api/v1/pods/x', pool: 'podWrites', body: {}, timeoutMs: 500 })
        .catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'REQUEST_TIMEOUT' });
      expect(String(error)).to.contain('no free connection within 0.5 s');
      expect(performance.now() - begun).to.be.within(490, 5_000);
      expect(waiting, 'writes that were answered meanwhile: none').to.have.length(16);
    });

    it('sends no call whose turn comes too late for an answer, since it would be sent again', async () => {
      const path = '/api/v1/pods/late';
      const begun = performance.now();
      const call = client
        .request({ method: 'PATCH', path, pool: 'podWrites', body: {}, timeoutMs: 4_000 })
        .catch((reason: unknown) => reason);
      for (let turn = 0; turn < writers - 16; turn++) {
        await eventually('a write', () => waiting[turn]);
        waiting[turn]?.end('{}');
      }
      await eventually('all other writes to be sent', () => waiting.length === writers);
      // A tenth of its time is left at 3.6 s.
      await delay(3_700 - (performance.now() - begun));
      for (const response of waiting) response.end('{}');
      expect(await call).to.include({ code: 'REQUEST_TIMEOUT' });
      expect(server.calls.map((seen) => seen.path)).not.to.include(path);
    });

    it('lets reads, writes of a status and Events pass', async () => {
      await client.request({ method: 'GET', path: '/api/v1/namespaces/a/configmaps/b' });
      await client.request({ method: 'PATCH', path: '/apis/x/v1/luaplugins/p/status', body: {} });
      const stop = new AbortController();
      const recorder = new EventRecorder({
        client,
        controller: 'test/test',
        instance: 'test',
        logger: recordingLogger().logger,
      });
      const running = recorder.run(stop.signal);
      const regarding = { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'a', uid: 'u' };
      recorder.record({ regarding, type: 'Normal', reason: 'Tried', action: 'Try', note: 'x' });
      await eventually('the Event', () => server.calls.some(({ path }) => path.endsWith('/events')));
      stop.abort();
      await running;
      expect(waiting, 'writes that were answered meanwhile: none').to.have.length(16);
    });

    it('opens no connections anew because calls waited for one in vain', async () => {
      const calls = Array.from({ length: 32 }, () =>
        client
          .request({ method: 'PATCH', path: '/api/v1/pods/x', pool: 'podWrites', body: {}, timeoutMs: 50 })
          .catch(() => {}),
      );
      await Promise.all(calls);
      expect(server.connections).to.equal(16);
    });
  });
});
