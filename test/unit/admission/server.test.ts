import { once } from 'node:events';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { AdmissionServer, webhookPath } from '../../../operator/admission/server.ts';
import { allowed, type Verdict } from '../../../operator/admission/verdict.ts';
import { issueCertificate } from '../../../operator/certificates/issue.ts';
import { WebhookMetrics } from '../../../operator/observability/webhook-metrics.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';
import { reviewOf } from './requests.ts';

const { ca, cert, key } = await issueCertificate('test', ['webhook.test'], Date.now(), 3_600_000);
const host = { host: '127.0.0.1', ca, servername: 'webhook.test' };
const valid = JSON.stringify(reviewOf());

describe('the server of the webhook', () => {
  const servers: AdmissionServer[] = [];
  const agent = new Agent({ keepAlive: true });
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.stop())));
  after(() => agent.destroy());

  async function start(review: () => Promise<Verdict> = async () => allowed) {
    const registry = new Registry();
    const { logger, lines } = recordingLogger();
    const clock = new ManualClock();
    const budgets: number[] = [];
    const server = new AdmissionServer({
      address: '127.0.0.1:0',
      review: (_request, budgetMs) => {
        budgets.push(budgetMs);
        return review();
      },
      metrics: new WebhookMetrics(registry, webhookPath),
      clock,
      logger,
    });
    servers.push(server);
    const port = await server.start();
    server.use({ cert, key });
    /** Sends one request; with `hold` the body is never ended. */
    const send = (options: RequestOptions & { body?: string; hold?: boolean } = {}) => {
      const { body = valid, hold = false, ...rest } = options;
      const headers = { 'content-type': 'application/json', ...options.headers };
      const request = httpsRequest({
        ...host,
        port,
        agent,
        method: 'POST',
        path: webhookPath,
        ...rest,
        headers,
      });
      const answer = new Promise<{ status: number; text: string }>((resolve, reject) => {
        request.once('error', reject);
        request.once('response', async (response) => {
          const text = Buffer.concat(await response.toArray()).toString();
          resolve({ status: response.statusCode ?? 0, text });
        });
      });
      if (hold) request.write(body);
      else request.end(body);
      return { request, answer };
    };
    return { server, port, registry, lines, clock, budgets, send };
  }

  it('answers a review', async () => {
    const { send } = await start();
    const { status, text } = await send().answer;
    expect(status).to.equal(200);
    expect(JSON.parse(text).response).to.deep.equal({ uid: 'u', allowed: true });
  });

  it('takes no longer than the API server says that it waits', async () => {
    const { send, budgets } = await start();
    for (const query of ['?timeout=5s', '?timeout=2s', '?timeout=30s', '', '?timeout=x']) {
      await send({ path: webhookPath + query }).answer;
    }
    expect(budgets).to.deep.equal([3500, 1400, 7000, 3500, 3500]);
  });

  const plain: Readonly<
    Record<string, [options: RequestOptions & { body?: string }, status: number, text: string]>
  > = {
    'another path': [{ path: '/' }, 404, `there is ${webhookPath}\n`],
    'another method': [{ method: 'PUT' }, 405, 'an AdmissionReview is sent by POST\n'],
    'another type': [
      { headers: { 'content-type': 'text/plain' } },
      415,
      'the body must be application/json\n',
    ],
    'bad JSON': [{ body: '{' }, 400, 'the body is no JSON\n'],
    'a body that is too large': [{ body: ' '.repeat(2 ** 22 + 1) }, 413, 'a body may have 4194304 bytes\n'],
  };
  for (const [what, [options, status, text]] of Object.entries(plain)) {
    it(`answers ${what} with ${status} and a plain line`, async () => {
      const { send, lines } = await start();
      expect(await send(options).answer).to.deep.equal({ status, text });
      expect(lines.filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  }

  it('says no more than that it failed when a review fails, and serves on', async () => {
    let isBroken = true;
    const { send, lines } = await start(async () => {
      if (isBroken) throw new Error('secret');
      return allowed;
    });
    expect(await send().answer).to.deep.equal({ status: 500, text: 'the review failed\n' });
    expect(lines.some(({ level }) => level === 'error')).to.equal(true);
    isBroken = false;
    expect((await send().answer).status).to.equal(200);
  });

  it('has sixteen requests at a time, refuses the next, and frees the places of those who hang up', async () => {
    const { send, registry } = await start();
    const inFlight = () => registry.getSingleMetric('controller_runtime_webhook_requests_in_flight')?.get();
    const held = Array.from({ length: 16 }, () => send({ body: '{', hold: true }));
    for (const { answer } of held) answer.catch(() => {});
    await eventually('all to be under way', async () => (await inFlight())?.values[0]?.value === 16);
    expect(await send().answer).to.deep.equal({ status: 503, text: 'too many requests at a time\n' });
    for (const { request } of held) request.destroy();
    await eventually('their places to be free', async () => (await send().answer).status === 200);
  });

  it('reads so much a second, and no more', async () => {
    const { send, clock } = await start();
    const padding = ' '.repeat(2 ** 22 - valid.length);
    for (let count = 0; count < 2; count += 1) {
      expect((await send({ body: valid + padding }).answer).status).to.equal(200);
    }
    expect(await send().answer).to.deep.equal({ status: 503, text: 'too much to review\n' });
    clock.skip(1_000);
    expect((await send().answer).status).to.equal(200);
  });

  it('looks at so many small requests a second, and no more', async () => {
    const { send, clock } = await start();
    const ask = async (count: number) => {
      const codes = new Set<number>();
      for (let asked = 0; asked < count; asked += 1) codes.add((await send().answer).status);
      return [...codes];
    };
    expect(await ask(512), 'as many plugins as somebody applies at once').to.deep.equal([200]);
    expect(await ask(3)).to.deep.equal([503]);
    clock.skip(1_000);
    expect(await ask(64)).to.deep.equal([200]);
    expect(await ask(1)).to.deep.equal([503]);
  });

  it('counts requests by code', async () => {
    const { send, registry } = await start();
    await send().answer;
    await send({ body: '{' }).answer;
    const text = await registry.metrics();
    const webhook = `webhook="${webhookPath}"`;
    expect(text).to.contain(`controller_runtime_webhook_requests_total{${webhook},code="200"} 1`);
    expect(text).to.contain(`controller_runtime_webhook_requests_total{${webhook},code="400"} 1`);
    expect(text).to.contain(`controller_runtime_webhook_requests_total{${webhook},code="500"} 0`);
    expect(text).to.contain(`controller_runtime_webhook_latency_seconds_count{${webhook}} 2`);
  });

  it('speaks TLS 1.2 at least', async () => {
    const { port } = await start();
    const old = connect({ ...host, port, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
    const [error] = await once(old, 'error');
    expect(error.code).to.match(/PROTOCOL|ALERT|NO_PROTOCOLS/);
    const now = connect({ ...host, port, maxVersion: 'TLSv1.2' });
    await once(now, 'secureConnect');
    now.destroy();
  });

  it('has the next certificate for new connections, while open ones go on', async () => {
    const { server, port, send } = await start();
    expect((await send().answer).status).to.equal(200);
    const next = await issueCertificate('test', ['webhook.test'], Date.now(), 3_600_000);
    server.use(next);
    expect((await send().answer).status, 'on the open connection').to.equal(200);
    const socket = connect({ ...host, port, ca: next.ca });
    await once(socket, 'secureConnect');
    socket.destroy();
  });

  it("refuses a key that is not the certificate's, and goes on with what it has", async () => {
    const { server, send } = await start();
    const other = await issueCertificate('test', ['webhook.test'], Date.now(), 3_600_000);
    expect(() => server.use({ cert, key: other.key })).to.throw();
    expect((await send({ agent: false }).answer).status).to.equal(200);
  });

  it('names an address that it can not have', async () => {
    const { port } = await start();
    const { logger } = recordingLogger();
    const metrics = new WebhookMetrics(new Registry(), webhookPath);
    const address = `127.0.0.1:${port}`;
    const second = new AdmissionServer({
      address,
      review: async () => allowed,
      metrics,
      clock: systemClock,
      logger,
    });
    const error = await second.start().catch((problem: Error) => problem.message);
    expect(error).to.contain(`can't listen on ${address}`);
  });
});
