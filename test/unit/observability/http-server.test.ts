import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { Gauge, Registry } from 'prom-client';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { HttpServer } from '../../../operator/serving/http/http-server.ts';
import { MetricsPage } from '../../../operator/serving/http/metrics-page.ts';
import { eventually } from '../../support/eventually.ts';

describe('the HTTP server', () => {
  let problem: string | undefined;
  let note: string | undefined;
  let server: HttpServer;
  let url: string;
  let registry: Registry;

  beforeEach(async () => {
    problem = undefined;
    note = undefined;
    registry = new Registry();
    server = new HttpServer({
      address: '127.0.0.1:0',
      metrics: new MetricsPage(registry),
      liveness: [{ name: 'ping', check: () => undefined }],
      readiness: [
        { name: 'plugins', check: () => undefined },
        { name: 'webhook', check: () => undefined, note: () => note },
        { name: 'pods', check: () => problem },
      ],
      logger: silentLogger,
    });
    url = `http://127.0.0.1:${await server.start()}`;
  });

  afterEach(() => server.stop());

  it('says on /readyz which check fails and why', async () => {
    expect((await fetch(`${url}/readyz`)).status).to.equal(200);
    problem = 'may not list pods';
    const response = await fetch(`${url}/readyz`);
    expect(response.status).to.equal(503);
    expect(await response.text()).to.equal(
      '[+]plugins ok\n[+]webhook ok\n[-]pods: may not list pods\nfailed\n',
    );
  });

  it('says on /readyz what is worth knowing while all is well', async () => {
    note = 'certificate valid until 2030';
    const response = await fetch(`${url}/readyz`);
    expect(response.status).to.equal(200);
    expect(await response.text()).to.contain('[+]webhook ok: certificate valid until 2030\n');
  });

  it('says the same with ?verbose, and leaves out what ?exclude names', async () => {
    problem = 'may not list pods';
    const plain = await (await fetch(`${url}/readyz`)).text();
    expect(await (await fetch(`${url}/readyz?verbose`)).text()).to.equal(plain);
    const excluding = await fetch(`${url}/readyz?exclude=pods&exclude=nope`);
    expect(excluding.status).to.equal(200);
    expect(await excluding.text()).to.equal(
      '[+]plugins ok\n[+]webhook ok\n[+]pods excluded: ok\nwarn: there is no check nope to exclude\nok\n',
    );
  });

  it('has a page for each check', async () => {
    problem = 'may not list pods';
    const failing = await fetch(`${url}/readyz/pods`);
    expect(failing.status).to.equal(503);
    expect(await failing.text()).to.equal('may not list pods\n');
    const fine = await fetch(`${url}/readyz/plugins`);
    expect(fine.status).to.equal(200);
    expect(await fine.text()).to.equal('ok\n');
    expect((await fetch(`${url}/healthz/ping`)).status).to.equal(200);
    const unknown = await fetch(`${url}/readyz/nope`);
    expect(unknown.status).to.equal(404);
    expect(await unknown.text()).to.equal('there is no such check; there are plugins, webhook, pods\n');
    expect((await fetch(`${url}/readyz/pods/x`)).status).to.equal(404);
  });

  it('is alive on /healthz while it is not ready', async () => {
    problem = 'not listed yet';
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
  });

  it("serves /metrics in Prometheus' text format", async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).to.contain('text/plain; version=0.0.4');
  });

  it('has no /metrics where they are served over TLS, but both health pages', async () => {
    const probes = new HttpServer({
      address: '127.0.0.1:0',
      metrics: undefined,
      liveness: [],
      readiness: [],
      logger: silentLogger,
    });
    const base = `http://127.0.0.1:${await probes.start()}`;
    try {
      const refused = await fetch(`${base}/metrics`);
      expect(refused.status).to.equal(404);
      expect(await refused.text()).to.contain('over TLS');
      for (const page of ['healthz', 'readyz']) expect((await fetch(`${base}/${page}`)).status).to.equal(200);
    } finally {
      await probes.stop();
    }
  });

  it('makes /metrics a tenth of the time at the most, however many ask', async () => {
    let collected = 0;
    const slow = new Gauge({
      name: 'slow',
      help: 'takes its time',
      registers: [registry],
      collect: async () => {
        collected += 1;
        await setTimeout(200);
        slow.set(collected);
      },
    });
    const scrape = async () => (await fetch(`${url}/metrics`)).text();
    const texts = await Promise.all([scrape(), scrape(), scrape(), scrape()]);
    texts.push(await scrape());
    expect(new Set(texts).size).to.equal(1);
    expect(collected).to.equal(1);
    await eventually('a fresh scrape', async () => (await scrape()).includes('slow 2'));
  });

  it('serves nothing else, and nothing but GET', async () => {
    expect((await fetch(`${url}/etc/passwd`)).status).to.equal(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).to.equal(405);
  });

  it('may be stopped twice', async () => {
    await server.stop();
    await server.stop();
  });

  it('names the address that it can not have', async () => {
    const { port } = new URL(url);
    const second = new HttpServer({
      address: `127.0.0.1:${port}`,
      metrics: undefined,
      liveness: [],
      readiness: [],
      logger: silentLogger,
    });
    const outcome = await second.start().catch((error: Error) => error.message);
    expect(outcome).to.contain(`can't listen on 127.0.0.1:${port}`);
  });
});
