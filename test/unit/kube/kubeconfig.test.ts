import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CoreV1Api, HttpMethod, RequestContext } from '@kubernetes/client-node';
import { expect } from 'chai';
import { describeError, KubeConfigError } from '../../../operator/kube/client/errors.ts';
import { loadKubeConfig } from '../../../operator/kube/client/kubeconfig.ts';
import { ManualClock } from '../support/clock.ts';

describe('kubeconfig', () => {
  let directory: string;
  const kept = { KUBECONFIG: process.env.KUBECONFIG, HOME: process.env.HOME };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
    process.env.HOME = directory;
    delete process.env.KUBECONFIG;
  });

  afterEach(async () => {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(directory, { recursive: true });
  });

  async function write(file: string, text: string): Promise<string> {
    const path = join(directory, file);
    await writeFile(path, text);
    return path;
  }

  /** A kubeconfig for that user; JSON is YAML. */
  function configText(user: object, { name = 'test', cluster = {} } = {}): string {
    return JSON.stringify({
      clusters: [{ name, cluster: { server: 'https://10.0.0.1:6443/', ...cluster } }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name, namespace: 'here' } }],
      'current-context': name,
    });
  }

  const failure = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      expect(error).to.be.instanceOf(KubeConfigError);
      return describeError(error);
    }
    return 'no error';
  };

  it('gives server and namespace of the current context', async () => {
    const config = loadKubeConfig({ path: await write('config', configText({ token: 't' })) });
    expect(config.server).to.equal('https://10.0.0.1:6443');
    expect(config.namespace).to.equal('here');
  });

  it('takes another context than the current one when it is told to', async () => {
    const two = { ...JSON.parse(configText({ token: 't' })), 'current-context': 'nowhere' };
    const path = await write('config', JSON.stringify(two));
    expect(loadKubeConfig({ path, context: 'test' }).namespace).to.equal('here');
    expect(failure(() => loadKubeConfig({ path, context: 'x' }))).to.match(
      /config has no context "x"; it has: test$/,
    );
  });

  it('says in one line what is wrong with a kubeconfig', async () => {
    const missing = join(directory, 'missing');
    expect(failure(() => loadKubeConfig({ path: missing }))).to.match(
      /^cannot read the kubeconfig .*missing: ENOENT/,
    );
    const broken = await write('broken', 'clusters: [');
    expect(failure(() => loadKubeConfig({ path: broken }))).to.match(
      /^the kubeconfig .*broken is not valid: /,
    );
    const text = await write('text', 'just a text');
    expect(failure(() => loadKubeConfig({ path: text }))).to.match(/text sets no current-context$/);
    const dangling = await write('dangling', JSON.stringify({ 'current-context': 'x' }));
    expect(failure(() => loadKubeConfig({ path: dangling }))).to.contain('has no context "x"');
  });

  it('says what it looked for when there is none', () => {
    expect(failure(() => loadKubeConfig())).to.match(/^no kubeconfig: give a path, set KUBECONFIG/);
    process.env.KUBECONFIG = join(directory, 'missing');
    expect(failure(() => loadKubeConfig())).to.contain('cannot read the kubeconfig named by KUBECONFIG');
  });

  it('merges the files of KUBECONFIG that exist, the first one choosing the context', async () => {
    const one = await write('one', configText({ token: '1' }, { name: 'one' }));
    const two = await write('two', configText({ token: '2' }, { name: 'two' }));
    process.env.KUBECONFIG = [join(directory, 'missing'), one, two].join(delimiter);
    const config = loadKubeConfig();
    expect(config.currentContext).to.equal('one');
    config.setCurrentContext('two');
    expect((await config.connection()).headers).to.deep.equal({ authorization: 'Bearer 2' });
    await config.close();
  });

  describe('credentials', () => {
    it('gives all calls and typed clients the same pools', async () => {
      const config = loadKubeConfig({ path: await write('config', configText({ token: 't' })) });
      const first = await config.connection();
      const second = await config.connection();
      expect(second.calls).to.equal(first.calls);
      const context = new RequestContext('https://10.0.0.1:6443/version', HttpMethod.GET);
      await config.applySecurityAuthentication(context);
      expect(context.getDispatcher()).to.equal(first.calls);
      expect(context.getHeaders()).to.deep.equal({ authorization: 'Bearer t' });
      expect(config.makeApiClient(CoreV1Api)).to.be.instanceOf(CoreV1Api);
      await config.close();
    });

    it('reads a token file again, with or without a line break at its end', async () => {
      const clock = new ManualClock(Date.now());
      const token = await write('token', 'first\n');
      const path = await write('config', configText({ tokenFile: 'token' }));
      const config = loadKubeConfig({ path, clock });
      const first = await config.connection();
      expect(first.headers).to.deep.equal({ authorization: 'Bearer first' });
      await writeFile(token, 'second');
      config.refused(first);
      const second = await config.connection();
      expect(second.headers).to.deep.equal({ authorization: 'Bearer second' });
      expect(second.calls, 'the pool, which a token does not concern').to.equal(first.calls);
      await config.close();
    });

    it('opens new pools when the CA changes, and only then', async () => {
      const clock = new ManualClock();
      const ca = await write('ca.crt', 'one');
      const path = await write(
        'config',
        configText({ token: 't' }, { cluster: { 'certificate-authority': 'ca.crt' } }),
      );
      const config = loadKubeConfig({ path, clock });
      const first = await config.connection();
      await clock.advance(60_000);
      expect((await config.connection()).calls).to.equal(first.calls);
      await writeFile(ca, 'two');
      await clock.advance(60_000);
      expect((await config.connection()).calls).not.to.equal(first.calls);
      await config.close();
    });

    it('gives later calls new connections when one got no answer, and leaves those of other pools', async () => {
      const clock = new ManualClock();
      const config = loadKubeConfig({ path: await write('config', configText({ token: 't' })), clock });
      const first = await config.connection();
      await clock.advance(10_000);
      config.stalled(first, 'podWrites');
      const second = await config.connection();
      expect(second.podWrites).not.to.equal(first.podWrites);
      for (const pool of ['calls', 'election', 'watches'] as const) {
        expect(second[pool], pool).to.equal(first[pool]);
      }
      config.stalled(first, 'podWrites');
      expect((await config.connection()).podWrites, 'told late').to.equal(second.podWrites);
      await config.close();
    });

    it('opens no new pool each time a call gets no answer from a server that is slow for all', async () => {
      const clock = new ManualClock();
      const config = loadKubeConfig({ path: await write('config', configText({ token: 't' })), clock });
      const pools = new Set();
      for (let second = 0; second < 60; second++) {
        await clock.advance(1_000);
        const connection = await config.connection();
        pools.add(connection.podWrites);
        config.stalled(connection, 'podWrites');
      }
      expect(pools.size).to.be.within(2, 7);
      await config.close();
    });

    it('runs an exec plugin once for calls that come together, and again when its token is refused', async () => {
      const count = join(directory, 'count');
      const plugin = `
        const fs = require('node:fs');
        fs.appendFileSync(${JSON.stringify(count)}, 'x');
        const token = 'token-' + fs.readFileSync(${JSON.stringify(count)}).length;
        console.log(JSON.stringify({ kind: 'ExecCredential', status: { token } }));`;
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: process.execPath,
        args: ['-e', plugin],
      };
      const config = loadKubeConfig({ path: await write('config', configText({ exec })) });
      const [first, second] = await Promise.all([config.connection(), config.connection()]);
      expect(first?.headers).to.deep.equal({ authorization: 'Bearer token-1' });
      expect(second).to.equal(first);
      config.refused(first);
      expect((await config.connection()).headers).to.deep.equal({ authorization: 'Bearer token-2' });
      await config.close();
    });

    it('sends name and password, and whom to impersonate', async () => {
      const user = { username: 'me', password: 'secret', as: 'somebody' };
      const config = loadKubeConfig({ path: await write('config', configText(user)) });
      expect((await config.connection()).headers).to.deep.equal({
        authorization: `Basic ${Buffer.from('me:secret').toString('base64')}`,
        'impersonate-user': 'somebody',
      });
      await config.close();
    });

    it('says whose credentials cannot be had, and tries again next time', async () => {
      const config = loadKubeConfig({ path: await write('config', configText({ tokenFile: 'token' })) });
      const error: unknown = await config.connection().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(KubeConfigError);
      expect(describeError(error)).to.match(/^no credentials for https:\/\/10.0.0.1:6443 \(test\): ENOENT/);
      await write('token', 'here');
      expect((await config.connection()).headers).to.deep.equal({ authorization: 'Bearer here' });
      await config.close();
    });
  });
});
