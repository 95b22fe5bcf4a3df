import { expect } from 'chai';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { Deadline } from '../../../operator/kube/client/deadline.ts';
import {
  ApiError,
  ConnectionError,
  HeldBackError,
  isRetryable,
} from '../../../operator/kube/client/errors.ts';
import { ServerGate } from '../../../operator/kube/client/server-gate.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { type Answer, HttpServer, refuseAll } from './http-server.ts';

const reasonOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('ServerGate', () => {
  const busy = (retryAfterMs = 1_000) => new ApiError(429, {}, retryAfterMs);
  let clock: ManualClock;
  let gate: ServerGate;
  /** When a call was sent, in milliseconds since the start. */
  let sent: number[];
  let deadlines: Deadline[];

  beforeEach(() => {
    clock = new ManualClock(0);
    gate = new ServerGate(clock, () => 0);
    sent = [];
    deadlines = [];
  });
  afterEach(() => {
    for (const deadline of deadlines) deadline.dispose();
  });

  /** A call that the server answers at once, or as told. */
  const call = (answer: () => unknown = () => 'done', { pool = 'calls', ms = 60_000 } = {}) => {
    const deadline = new Deadline(ms, undefined);
    deadlines.push(deadline);
    return gate.run(pool as 'calls', deadline, async (check) => {
      check();
      sent.push(clock.now());
      return await answer();
    });
  };
  const refused = (error: Error) => () => Promise.reject(error);

  it('lets nothing pass before Retry-After is over', async () => {
    await reasonOf(call(refused(busy(3_000))));
    const calls = Array.from({ length: 10 }, () => call());
    await clock.advance(2_999);
    expect(sent).to.deep.equal([0]);
    await clock.advance(1);
    await Promise.all(calls);
    expect(sent).to.deep.equal([0, ...Array(10).fill(3_000)]);
  });

  it('opens for one call, then for a few, and not for all at once', async () => {
    await reasonOf(call(refused(busy())));
    const answers: (() => void)[] = [];
    const slow = () => new Promise<void>((resolve) => answers.push(resolve));
    const calls = Array.from({ length: 100 }, () => call(slow));
    await clock.advance(1_000);
    const atATime: number[] = [];
    while (answers.length > 0) {
      atATime.push(answers.length);
      for (const answer of answers.splice(0)) answer();
      await settle();
    }
    await Promise.all(calls);
    expect(atATime.slice(0, 5)).to.deep.equal([1, 2, 4, 8, 16]);
  });

  it('closes again when the first call after Retry-After is refused', async () => {
    await reasonOf(call(refused(busy())));
    const calls = Array.from({ length: 50 }, () => reasonOf(call(refused(busy()))));
    await clock.advance(10_000);
    expect(sent).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((second) => second * 1_000));
    await clock.advance(60_000);
    await Promise.all(calls);
  });

  it('starts the calls of each pool by themselves, so that a slow write holds up no read', async () => {
    await reasonOf(call(refused(busy())));
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const write = call(() => never, { pool: 'podWrites' });
    const read = call();
    await clock.advance(1_000);
    expect(await read).to.equal('done');
    resolve();
    await write;
  });

  it('lets those go on that wait behind a hanging call, when the gate is closed and opened anew meanwhile', async () => {
    await reasonOf(call(refused(busy()), { pool: 'podWrites' }));
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const hanging = call(() => never, { pool: 'podWrites' });
    const waiting = call(undefined, { pool: 'podWrites' });
    await clock.advance(1_000);
    await reasonOf(call(refused(busy())));
    await clock.advance(1_000);
    expect(await Promise.race([waiting, settle()])).to.equal('done');
    resolve();
    await hanging;
  });

  it('lets one call a second pass those that hang, so that one slow webhook keeps no other Pod from its write', async () => {
    await reasonOf(call(refused(busy()), { pool: 'podWrites' }));
    const { promise: never, resolve } = Promise.withResolvers<void>();
    const calls = Array.from({ length: 5 }, () => call(() => never, { pool: 'podWrites' }));
    const waiting = call(undefined, { pool: 'podWrites' });
    await clock.advance(7_000);
    expect(sent).to.deep.equal([0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
    expect(await Promise.race([waiting, settle()])).to.equal('done');
    expect(clock.sleepers, 'timers left').to.equal(0);
    resolve();
    await Promise.all(calls);
  });

  it('fails a call at once that would have to wait longer than it may take, with the time to wait', async () => {
    await reasonOf(call(refused(busy(30_000))));
    await clock.advance(10_000);
    const error = await reasonOf(call(undefined, { ms: 10_000 }));
    expect(error).to.be.instanceOf(HeldBackError).and.to.include({ retryAfterMs: 20_000 });
    expect(isRetryable(error)).to.equal(true);
    expect(sent).to.have.length(1);
  });

  it('holds nothing back for what concerns one call alone', async () => {
    const about: Readonly<Record<string, ApiError>> = {
      'a webhook that fails': new ApiError(500, { kind: 'Status', message: 'failed calling webhook "x"' }),
      'a webhook that wants to be left alone': new ApiError(
        429,
        { kind: 'Status', message: 'admission webhook "x" denied the request: later' },
        5_000,
      ),
      'a resource whose cache is not filled': new ApiError(
        429,
        { kind: 'Status', message: 'storage is (re)initializing' },
        1_000,
      ),
      'a conflict': new ApiError(409),
      'a policy': new ApiError(422),
      'an overloaded webhook without a time': new ApiError(429),
    };
    for (const [what, error] of Object.entries(about)) {
      expect(await reasonOf(call(refused(error)))).to.equal(error);
      expect(await call(), what).to.equal('done');
    }
  });

  it('asks a server that cannot be reached about every second, whoever asks', async () => {
    const error = new ConnectionError('refused', { code: 'ECONNREFUSED' });
    const calls = Array.from({ length: 50 }, () => reasonOf(call(refused(error))));
    await settle();
    // All that were sent before the first failed; none of these counts twice.
    expect(sent).to.have.length(50);
    const later = Array.from({ length: 50 }, () => reasonOf(call(refused(error))));
    await clock.advance(60_000);
    expect(sent.length - 50).to.be.within(25, 70);
    await clock.advance(1_000_000);
    await Promise.all([...calls, ...later]);
  });

  it('holds nothing back after a connection that broke, or an answer that took too long', async () => {
    for (const code of ['ECONNRESET', 'UND_ERR_SOCKET', 'REQUEST_TIMEOUT']) {
      await reasonOf(call(refused(new ConnectionError('broken', { code }))));
      expect(await call(), code).to.equal('done');
    }
  });
});

describe('While the server answers 429 with Retry-After', () => {
  let server: HttpServer;
  let client: PooledKubeClient;
  const patch = (key: string, signal?: AbortSignal) =>
    client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/a/pods/${key}`,
      pool: 'podWrites',
      body: {},
      signal,
    });

  beforeEach(async () => {
    server = new HttpServer();
    await server.start();
    client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
  });
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  it('10,000 Pods cost some 20 writes in 6 s and as many warnings; afterwards all are written', async () => {
    const { logger, lines } = recordingLogger();
    const written = new Set<string>();
    const queue = new WorkQueue({
      name: 'pod',
      concurrency: 64,
      maxDelayMs: 60_000,
      logger,
    });
    const stop = new AbortController();
    server.answer = refuseAll(1);
    for (let pod = 0; pod < 10_000; pod++) queue.add(`pod-${pod}`);
    const running = queue.run(stop.signal, async (key, signal) => {
      await patch(key, signal);
      written.add(key);
    });
    await eventually('6 s of refusals', () => {
      const first = server.calls[0];
      return first !== undefined && performance.now() - first.at > 6_000;
    });
    const refused = server.calls.length;
    // One on each of the 16 connections before the first answer, then one a second.
    expect(refused, 'calls in 6 s').to.be.within(16, 16 + 6);
    expect(lines.filter(({ level }) => level === 'warn').length, 'warnings').to.be.within(1, refused);
    server.answer = (_call, response) => response.end('{}');
    await eventually('all to be written', () => written.size === 10_000);
    expect(server.calls.length - refused, 'writes').to.equal(10_000);
    stop.abort();
    await running;
  });

  it('reads and watches wait as well, and nothing goes out that waited for a connection', async () => {
    const { promise: allBusy, resolve } = Promise.withResolvers<void>();
    const refuse = refuseAll(1);
    let refusedAt: number | undefined;
    server.answer = (call, response, request) => {
      if (server.calls.length < 16) return void allBusy.then(() => refuse(call, response, request));
      refusedAt = performance.now();
      server.answer = (_call, answer) => answer.end('{}');
      resolve();
      refuse(call, response, request);
    };
    // 16 are under way, and 48 wait for a connection.
    const writes = Array.from({ length: 64 }, (_, key) => reasonOf(patch(String(key))));
    await eventually('a refusal', () => refusedAt !== undefined);
    const errors = (await Promise.all(writes.slice(0, 16))).filter((error) => error instanceof ApiError);
    expect(errors, 'refusals').to.have.length(16);
    await Promise.all([
      client.request({ method: 'GET', path: '/api/v1/pods' }),
      client.stream({ method: 'GET', path: '/api/v1/pods', query: { watch: true } }),
      ...writes,
    ]);
    expect(server.calls).to.have.length(64 + 2);
    const early = server.calls.slice(16).filter(({ at }) => at - (refusedAt ?? 0) < 1_000);
    expect(early, 'calls before Retry-After was over').to.deep.equal([]);
  });

  it('the election goes on', async () => {
    server.answer = ({ method }, response, request) => {
      if (method === 'PATCH') refuseAll(60)({ method, path: '', body: undefined, at: 0 }, response, request);
      else response.end('{}');
    };
    expect(await reasonOf(patch('a'))).to.include({ status: 429 });
    const path = '/apis/coordination.k8s.io/v1/namespaces/a/leases/b';
    await client.request({ method: 'GET', path, pool: 'election' });
    const error = await reasonOf(client.request({ method: 'GET', path: '/version' }));
    expect(error).to.be.instanceOf(HeldBackError);
    expect(server.calls.map(({ method }) => method)).to.deep.equal(['PATCH', 'GET']);
  });
});

describe('While a group of an aggregated API server has none that answers', () => {
  it('the rest goes on as before, and so do the calls of that group', async () => {
    const server = new HttpServer();
    await server.start();
    const client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
    const answers: Readonly<Record<string, Answer>> = {
      // As kube-aggregator answers for an APIService that is not available: in plain text.
      'plain 503': (_call, response) => response.writeHead(503).end('service unavailable'),
      'its own overload': refuseAll(30),
    };
    try {
      for (const [what, refuse] of Object.entries(answers)) {
        server.answer = (call, response, request) => {
          if (call.path.startsWith('/apis/metrics.k8s.io/')) refuse(call, response, request);
          else response.end('{}');
        };
        const began = performance.now();
        for (let round = 0; round < 20; round++) {
          const [lost] = await Promise.all([
            reasonOf(client.request({ method: 'GET', path: '/apis/metrics.k8s.io/v1beta1' })),
            client.request({
              method: 'PATCH',
              path: '/api/v1/namespaces/a/pods/b',
              pool: 'podWrites',
              body: {},
            }),
          ]);
          expect(lost, what).to.be.instanceOf(ApiError);
        }
        expect(performance.now() - began, `${what}: milliseconds`).to.be.below(1_000);
      }
    } finally {
      await client.close();
      await server.stop();
    }
  });
});
