import { request as httpsRequest } from 'node:https';
import { expect } from 'chai';
import { Gauge, Registry } from 'prom-client';
import { OwnCertificate } from '../../../operator/certificates/own-certificate.ts';
import { readPair } from '../../../operator/certificates/pair.ts';
import { MetricsPage } from '../../../operator/serving/http/metrics-page.ts';
import type { Admission } from '../../../operator/serving/secure-metrics/gate.ts';
import { SecureMetricsServer } from '../../../operator/serving/secure-metrics/server.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

const dayMs = 24 * 3_600_000;

async function makeCertificate(clock = new ManualClock(Date.now())): Promise<OwnCertificate> {
  const source = new OwnCertificate('test', ['metrics.test'], clock);
  await source.refresh();
  return source;
}

describe('the server of the metrics over TLS', () => {
  let server: SecureMetricsServer | undefined;
  afterEach(() => server?.stop());

  async function start(admission: Admission) {
    const registry = new Registry();
    new Gauge({ name: 'answer', help: 'to all', registers: [registry] }).set(42);
    const { logger, lines } = recordingLogger();
    const shown: (string | undefined)[] = [];
    server = new SecureMetricsServer({
      address: '127.0.0.1:0',
      page: new MetricsPage(registry),
      admit: async (authorization) => {
        shown.push(authorization);
        return admission;
      },
      logger,
    });
    const port = await server.start();
    const { current } = await makeCertificate();
    if (current !== undefined) server.use(current);
    const get = (path: string, method = 'GET') =>
      new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
        (resolve, reject) => {
          const request = httpsRequest({
            host: '127.0.0.1',
            port,
            path,
            method,
            rejectUnauthorized: false,
            headers: { authorization: 'Bearer t' },
          });
          request.once('error', reject);
          request.once('response', async (response) => {
            const text = Buffer.concat(await response.toArray()).toString();
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          });
          request.end();
        },
      );
    return { get, lines, shown, port };
  }

  it('gives them to who is let in', async () => {
    const { get, shown } = await start({ admitted: true });
    const { status, headers, text } = await get('/metrics');
    expect(status).to.equal(200);
    expect(headers['content-type']).to.contain('text/plain; version=0.0.4');
    expect(text).to.contain('answer 42');
    expect(shown).to.deep.equal(['Bearer t']);
  });

  for (const [status, header, value] of [
    [401, 'www-authenticate', 'Bearer'],
    [403, 'www-authenticate', undefined],
    [429, 'retry-after', '1'],
    [503, 'retry-after', undefined],
  ] as const) {
    it(`answers ${status} with one line and nothing else`, async () => {
      const { get } = await start({ admitted: false, status, message: 'no' });
      const answer = await get('/metrics');
      expect(answer).to.deep.include({ status, text: 'no\n' });
      expect(answer.headers[header]).to.equal(value);
      expect(answer.headers.connection, 'its place is free again').to.equal('close');
    });
  }

  it('has no other page, and takes nothing but GET', async () => {
    const { get, shown } = await start({ admitted: true });
    expect((await get('/healthz')).status).to.equal(404);
    expect((await get('/metrics/x')).status).to.equal(404);
    expect((await get('/metrics', 'POST')).status).to.equal(404);
    expect(shown, 'nobody is asked about for that').to.deep.equal([]);
  });

  it('speaks no plain HTTP', async () => {
    const { port } = await start({ admitted: true });
    const outcome = await fetch(`http://127.0.0.1:${port}/metrics`).catch((error: Error) => error);
    expect(outcome).to.be.instanceOf(Error);
  });
});

describe('a certificate of its own', () => {
  it('is one that can be served, for a year', async () => {
    const source = await makeCertificate();
    const pair = readPair(source.current?.cert ?? '', source.current?.key ?? '');
    expect((pair.validUntil - Date.now()) / dayMs).to.be.within(364, 366);
  });

  it('is kept for two thirds of its time, and then made anew', async () => {
    const clock = new ManualClock(Date.now());
    const source = await makeCertificate(clock);
    const first = source.current?.cert;
    clock.skip(243 * dayMs);
    await source.refresh();
    expect(source.current?.cert).to.equal(first);
    clock.skip(dayMs);
    await source.refresh();
    expect(source.current?.cert).not.to.equal(first);
    expect(source.current?.validUntil).to.be.above(clock.now() + 364 * dayMs);
  });

  it('is made anew when the clock is set to a time when it is due, or not valid yet', async () => {
    const clock = new ManualClock(Date.now());
    const source = await makeCertificate(clock);
    for (const days of [300, -300]) {
      clock.setWall(days * dayMs);
      await source.refresh();
      expect(source.current?.validFrom).to.be.within(clock.wallTime() - dayMs, clock.wallTime());
    }
  });
});
