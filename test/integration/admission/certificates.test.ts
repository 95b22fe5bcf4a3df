import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { connect } from 'node:tls';
import { expect } from 'chai';
import { issueCertificate } from '../../../operator/certificates/issue.ts';
import { SecretCertificates } from '../../../operator/certificates/secret-source.ts';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';
import { portOf, serviceName, useWebhook, webhookConfig } from './lab.ts';

const script = 'function GetWorkloadTypeAndName() return "", "" end';
const hostName = `${serviceName}.${operatorAccount.namespace}.svc`;
const newCertificate = 'the webhook serves with a new certificate';

/** The certificate that a server shows. @throws when these CAs do not vouch for it */
async function shake(port: number, ca: string, servername = hostName): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', ca, servername });
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.destroy();
  }
}

describe("the webhook's certificate", () => {
  const fixture = useControlPlane();
  const lab = useWebhook(fixture);
  const { namespace } = operatorAccount;

  it('is made by the operator, kept in its Secret, and believed by the API server', async () => {
    await lab.register({ failurePolicy: 'Fail' });
    await eventually(
      'a plugin to be let through',
      async () => (await lab.apply('edited', { script })).code === 0,
    );
    await shake(lab.port, await lab.caBundle());
    const { stdout } = await fixture.plane.kubectl([
      'get',
      'secret',
      serviceName,
      '-n',
      namespace,
      '-o',
      'json',
    ]);
    expect(JSON.parse(stdout)).to.deep.include({ type: 'kubernetes.io/tls' });
    expect(Object.keys(JSON.parse(stdout).data)).to.have.members(['ca.crt', 'tls.crt', 'tls.key']);
  });

  it('is believed again when somebody takes the caBundle away', async () => {
    const patch = '[{"op":"remove","path":"/webhooks/0/clientConfig/caBundle"}]';
    const configuration = ['validatingwebhookconfiguration', 'lua-plugin-operator'];
    await fixture.plane.kubectl(['patch', ...configuration, '--type=json', '-p', patch]);
    await eventually('the operator to fill it in', async () => shake(lab.port, await lab.caBundle()));
  });

  it('is renewed under load without one call refused', async () => {
    const before = await shake(lab.port, await lab.caBundle());
    const seen = new Set<string>();
    const failures: string[] = [];
    let calls = 0;
    let isOver = false;
    const load = async () => {
      for (let call = 0; !isOver; call += 1) {
        try {
          // With failurePolicy: Fail, a call that the webhook does not answer is an error here.
          const path = '/apis/luaplugin.dev/v1alpha1/luaplugins/edited?dryRun=All';
          await fixture.plane.api.request('PATCH', path, { metadata: { labels: { call: String(call) } } });
          seen.add(await shake(lab.port, await lab.caBundle()));
        } catch (error) {
          failures.push(String(error));
        }
        calls += 1;
        await turn();
      }
    };
    const running = [load(), load()];
    await fixture.plane.kubectl(['delete', 'secret', serviceName, '-n', namespace]);
    await eventually('the new certificate to be served', () => [...seen].some((one) => one !== before));
    isOver = true;
    await Promise.all(running);
    expect(failures).to.deep.equal([]);
    expect(calls).to.be.above(10);
    expect((await lab.caBundle()).match(/BEGIN/g), 'the CA before is believed on').to.have.length(2);
    expect(await lab.readyz()).to.contain('[+]webhook ok');
  });

  it('is one for all replicas, also when they make it at the same time', async () => {
    const kubeConfig = loadKubeConfig({
      path: await fixture.plane.serviceAccountKubeconfig(operatorAccount),
    });
    const client = new PooledKubeClient({ kubeConfig, version: 'test' });
    const signal = AbortSignal.timeout(30_000);
    await fixture.plane.kubectl(['delete', 'secret', serviceName, '-n', namespace, '--ignore-not-found']);
    const replicas = Array.from(
      { length: 4 },
      () =>
        new SecretCertificates({
          client,
          namespace,
          name: serviceName,
          caBundle: { ensure: () => Promise.resolve(true) },
          clock: systemClock,
          random: Math.random,
        }),
    );
    await Promise.all(replicas.map((replica) => replica.refresh(signal)));
    expect(new Set(replicas.map(({ current }) => current?.cert)).size).to.equal(1);
    await client.close();
  });

  it('does not stand in the way when the operator is down', async () => {
    await fixture.plane.kubectl(['delete', 'validatingwebhookconfiguration', 'lua-plugin-operator']);
    await lab.register();
    const caBundle = await lab.caBundle();
    await lab.operator.stop();
    const { code, stderr } = await lab.apply('unseen', { script: 'no Lua' });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(await lab.caBundle(), 'it was really asked for')
      .to.equal(caBundle)
      .and.not.to.equal('');
  });
});

describe('the webhook', () => {
  const fixture = useControlPlane();
  let directory = '';
  let operator: RunningOperator | undefined;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'webhook-'));
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
  });
  afterEach(async () => {
    await operator?.stop();
    operator = undefined;
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const start = async (webhook: Readonly<Record<string, unknown>>, account = operatorAccount) => {
    const configFile = join(directory, 'config.yaml');
    await writeFile(configFile, webhookConfig({ address: '127.0.0.1:0', ...webhook }));
    operator = await startOperator({
      kubeconfig: await fixture.plane.serviceAccountKubeconfig(account),
      configFile,
    });
    return operator;
  };
  const readyz = async () => await (await fetch(`${operator?.url}/readyz`)).text();

  it('says in one line which right it lacks, and the operator goes on without it', async () => {
    const { kubectl } = fixture.plane;
    await kubectl(['create', 'serviceaccount', 'poor', '-n', fixture.namespace]);
    const subject = `--serviceaccount=${fixture.namespace}:poor`;
    const binding = `poor-${fixture.namespace}-webhook`;
    await kubectl(['create', 'clusterrolebinding', binding, '--clusterrole=lua-plugin-operator', subject]);
    const running = await start({}, { namespace: fixture.namespace, name: 'poor' });
    await eventually('the operator to be ready', async () => (await readyz()).endsWith('\nok\n'));
    const about = () =>
      running.logs().filter(({ level, msg }) => level === 'warn' && /certificate/.test(msg));
    await eventually('the log to say so', () => about().length > 0);
    expect(about(), 'one line, however often it tried').to.have.length(1);
    expect(about()[0]?.msg)
      .to.contain(`secrets "${serviceName}" is forbidden`)
      .and.to.contain('kubectl apply -k config/base');
    expect(await readyz()).to.contain('[+]webhook ok: not served, there is no certificate; 403 Forbidden');
    await kubectl(['delete', 'clusterrolebinding', binding]);
  });

  it('takes its certificate from files, and again when they change', async () => {
    const write = async () => {
      const issued = await issueCertificate('test', ['webhook.test'], Date.now(), 3_600_000);
      await writeFile(join(directory, 'tls.key'), issued.key);
      await writeFile(join(directory, 'tls.crt'), issued.cert);
      return issued.ca;
    };
    const first = await write();
    const running = await start({ certDirectory: directory });
    const served = () => running.logs().filter(({ msg }) => msg === newCertificate).length;
    await eventually('the certificate to be served', () => served() === 1);
    await shake(portOf(running), first, 'webhook.test');
    const second = await write();
    await eventually('the next one to be served', () => served() === 2);
    await shake(portOf(running), second, 'webhook.test');
  });

  it('says which file is missing', async () => {
    await start({ certDirectory: '/nowhere' });
    await eventually('/readyz to say so', async () =>
      (await readyz()).includes("no certificate; /nowhere: tls.crt can't be read (ENOENT)"),
    );
  });
});
