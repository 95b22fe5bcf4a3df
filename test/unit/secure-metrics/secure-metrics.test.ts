import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { issueCertificate } from '../../../operator/certificates/issue.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { MetricsPage } from '../../../operator/serving/http/metrics-page.ts';
import { SecureMetrics } from '../../../operator/serving/secure-metrics/secure-metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

describe('the metrics over TLS', () => {
  let directory = '';
  let end: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'metrics-'));
    end = new AbortController();
    running = Promise.resolve();
  });
  afterEach(async () => {
    end.abort();
    await running;
    await rm(directory, { recursive: true });
  });

  /** Writes a certificate as a Secret would be mounted. @returns its CA */
  async function mount(): Promise<string> {
    const { ca, cert, key } = await issueCertificate('test', ['metrics.test'], Date.now(), 3_600_000);
    await writeFile(join(directory, 'tls.crt'), cert);
    await writeFile(join(directory, 'tls.key'), key);
    return ca;
  }

  async function start(client = new FakeClient(), certDirectory?: string) {
    const clock = new ManualClock(Date.now());
    const { logger, lines } = recordingLogger();
    const metrics = new SecureMetrics({
      config: { enabled: true, address: '127.0.0.1:0', certDirectory },
      client,
      namespace: 'n',
      page: new MetricsPage(new Registry()),
      logger,
      clock,
      random: () => 0,
    });
    const port = await metrics.start();
    running = metrics.run(end.signal);
    const scrape = (tls: { ca?: string; rejectUnauthorized?: boolean }) =>
      new Promise<number | string>((resolve) => {
        const headers = { authorization: 'Bearer t' };
        const target = { host: '127.0.0.1', servername: 'metrics.test', port, path: '/metrics', headers };
        const request = httpsRequest({ ...target, ...tls, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        request.once('error', (error) => resolve(error.message)).end();
      });
    return { metrics, clock, scrape, lines };
  }
  const known = { kind: 'TokenReview', status: { authenticated: true, user: { username: 'u' } } };

  it('have a certificate of their own without another, and are ready once it is there', async () => {
    const client = new FakeClient().answer(known).answer({ status: { allowed: true } });
    const { metrics, scrape } = await start(client);
    await eventually('the certificate', () => metrics.check.check() === undefined);
    expect(metrics.check.note?.()).to.match(/^certificate valid until .*; made by the operator itself/);
    expect(await scrape({ rejectUnauthorized: false })).to.equal(200);
    expect(await scrape({}), 'nobody can check it').to.be.a('string');
  });

  it('take a mounted certificate, and the next one when the files change', async () => {
    const first = await mount();
    const client = new FakeClient().answer(known).answer({ status: { allowed: true } });
    const { clock, scrape, metrics } = await start(client, directory);
    await eventually('the certificate', () => metrics.check.check() === undefined);
    expect(await scrape({ ca: first })).to.equal(200);
    const second = await mount();
    await eventually('the next certificate', async () => {
      await clock.advance(10_000);
      return (await scrape({ ca: second })) === 200;
    });
    expect(await scrape({ ca: first }), 'the first is no longer served').to.be.a('string');
  });

  it('say which file is missing, and are no reason to be not ready', async () => {
    const { metrics, lines } = await start(new FakeClient(), join(directory, 'nowhere'));
    await eventually('the look', () => metrics.check.check() === undefined);
    expect(metrics.check.note?.()).to.contain("nowhere: tls.crt can't be read (ENOENT)");
    const warnings = lines.filter(({ level }) => level === 'warn');
    expect(warnings).to.have.length(1);
    expect(warnings[0]?.msg).to.match(/^the metrics endpoint's certificate: .*; trying again$/);
  });

  it('say on /readyz, as a note, why nobody is let in', async () => {
    const { metrics, scrape } = await start(new FakeClient().refuse(new ApiError(503)));
    await eventually('the certificate', () => metrics.check.check() === undefined);
    expect(await scrape({ rejectUnauthorized: false })).to.equal(503);
    expect(metrics.check.check()).to.equal(undefined);
    expect(metrics.check.note?.()).to.contain('the API server gives no answer about a token: 503');
  });
});
