import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { goBuildTimeoutMs } from '../../support/go-program.ts';
import { configDirectory } from '../../support/manifests.ts';
import { operatorAccount, useOperator } from '../../support/operator.ts';
import { buildPrometheus, startPrometheus } from '../../support/prometheus.ts';

const rights = configDirectory('secure-metrics/rbac.yaml');

describe('/metrics over TLS, for those only who may read it, on a real API server', () => {
  const fixture = useControlPlane();
  const { namespace } = fixture;
  const lab = useOperator(fixture, 'http: {secureMetrics: {enabled: true, address: "127.0.0.1:0"}}\n');
  const kubectl = (...args: string[]) => fixture.plane.kubectl(args);

  const port = () => Number(lab.operator.logs().find(({ msg }) => msg === 'serving /metrics over TLS')?.port);
  const token = async (account: string, ...args: string[]) =>
    (await kubectl('create', 'token', account, '-n', namespace, ...args)).stdout.trim();
  const scrape = (authorization?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = authorization === undefined ? {} : { authorization };
      const options = {
        host: '127.0.0.1',
        port: port(),
        path: '/metrics',
        rejectUnauthorized: false,
        headers,
      };
      const request = httpsRequest(options, async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve({ status: response.statusCode ?? 0, text });
      });
      request.once('error', reject).end();
    });
  const readyz = async () => await (await fetch(`${lab.operator.url}/readyz`)).text();

  before('create those who ask', async () => {
    // Nobody has granted the operator anything yet.
    await kubectl('delete', '-f', rights, '--ignore-not-found');
    for (const name of ['reader', 'stranger'])
      await kubectl('create', 'serviceaccount', name, '-n', namespace);
    const subject = `--serviceaccount=${namespace}:reader`;
    const role = '--clusterrole=lua-plugin-operator-metrics-reader';
    await kubectl('create', 'clusterrolebinding', `reader-${namespace}`, role, subject);
  });
  after('take the rights away', async () => {
    await kubectl('delete', '-f', rights, '--ignore-not-found');
    await kubectl('delete', 'clusterrolebinding', `reader-${namespace}`, '--ignore-not-found');
  });

  it('is for nobody as long as the operator may not ask whose token it is; it says so, and works on', async () => {
    const reader = `Bearer ${await token('reader')}`;
    for (let count = 0; count < 3; count += 1) {
      const { status, text } = await scrape(reader);
      expect(status).to.equal(500);
      expect(text).to.equal("the API server does not answer about the token; the operator's log says why\n");
    }
    const warnings = lab.operator.logs().filter(({ msg }) => msg.startsWith('nobody may read /metrics'));
    expect(warnings).to.have.length(1);
    const user = `system:serviceaccount:${operatorAccount.namespace}:${operatorAccount.name}`;
    expect(warnings[0]?.msg)
      .to.contain(`User "${user}" cannot create resource "tokenreviews"`)
      .and.to.contain('config/secure-metrics');
    expect(await readyz()).to.match(/^\[\+\]metrics ok: certificate valid until .*tokenreviews/m);
    expect(await readyz()).to.match(/\nok\n$/);
    await kubectl('apply', '-f', rights);
    await eventually('the reader to get the metrics', async () => (await scrape(reader)).status === 200);
    expect(await readyz()).not.to.contain('tokenreviews');
  });

  it('is for the service account that has the right, and its real token', async () => {
    const { status, text } = await scrape(`Bearer ${await token('reader')}`);
    expect(status).to.equal(200);
    expect(text).to.match(/^controller_runtime_reconcile_total\{/m);
  });

  it('is refused to who shows no token, or one that this API server does not take', async () => {
    expect(await scrape()).to.deep.equal({
      status: 401,
      text: 'show a token: "Authorization: Bearer TOKEN"\n',
    });
    const elsewhere = await token('reader', '--audience=https://elsewhere.example');
    for (const bad of ['nonsense', elsewhere]) {
      const { status, text } = await scrape(`Bearer ${bad}`);
      expect({ status, text }).to.deep.equal({
        status: 401,
        text: 'the API server knows no such token\n',
      });
    }
  });

  it('is refused to a service account without the right, by its name', async () => {
    const { status, text } = await scrape(`Bearer ${await token('stranger')}`);
    expect(status).to.equal(403);
    expect(text).to.contain(`"system:serviceaccount:${namespace}:stranger" may not get /metrics`);
  });

  it('is not on the port of the probes, which everybody may ask', async () => {
    expect((await fetch(`${lab.operator.url}/metrics`)).status).to.equal(404);
    expect((await fetch(`${lab.operator.url}/healthz`)).status).to.equal(200);
    expect((await fetch(`${lab.operator.url}/readyz/metrics`)).status).to.equal(200);
  });

  it('is scraped by a real Prometheus, by what the PodMonitor says', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'scraper-'));
    const credentials_file = join(directory, 'token');
    await writeFile(credentials_file, await token('reader'));
    const patch: { path: string; value: Endpoint[keyof Endpoint] }[] = parse(
      await readFile(configDirectory('secure-metrics/pod-monitor.yaml'), 'utf8'),
    );
    const endpoint: Endpoint = Object.fromEntries(
      patch.map(({ path, value }) => [path.split('/').at(-1), value]),
    );
    const prometheus = await startPrometheus(
      await buildPrometheus(),
      [
        {
          job_name: 'operator',
          scheme: endpoint.scheme,
          tls_config: { insecure_skip_verify: endpoint.tlsConfig.insecureSkipVerify },
          authorization: { type: endpoint.authorization.type, credentials_file },
          static_configs: [{ targets: [`127.0.0.1:${port()}`] }],
        },
      ],
      { groups: [] },
    );
    try {
      await eventually('a scrape that went well', async () => {
        const [target] = await prometheus.targets();
        expect(target?.lastError).to.equal('');
        return (await prometheus.query('luaplugin_pod_writes_total'))[0] !== undefined;
      });
    } finally {
      await prometheus.stop();
      await rm(directory, { recursive: true, force: true });
    }
  }).timeout(goBuildTimeoutMs);
});

/** What Prometheus Operator reads of the patched PodMonitor. */
interface Endpoint {
  readonly scheme: string;
  readonly tlsConfig: { readonly insecureSkipVerify: boolean };
  readonly authorization: { readonly type: string };
}
