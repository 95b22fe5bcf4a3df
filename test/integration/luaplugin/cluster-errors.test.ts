import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { useLuaplugin } from './luaplugin.ts';
import { useLuapluginOn } from './on-cluster.ts';

/** A kubeconfig with two contexts, of which only the first has a cluster. */
function kubeconfig(server: string): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [
      { name: 'here', context: { cluster: 'c', user: 'u' } },
      { name: 'empty', context: { cluster: 'none', user: 'u' } },
    ],
    'current-context': 'here',
  });
}

describe('luaplugin, when the cluster is not to be had', () => {
  const fixture = useControlPlane();
  const lab = useLuaplugin();
  let server: Server;
  let answer: { status: number; body: string } | undefined;
  let url = '';

  before(async () => {
    server = createServer((_request, response) => {
      // Without an answer to give it lets the caller wait.
      if (answer !== undefined) response.writeHead(answer.status).end(answer.body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await lab.write('config', kubeconfig(url));
    await lab.write('dead', kubeconfig('http://127.0.0.1:1'));
    await lab.write('not-yaml', 'a: [');
    await lab.write('p.lua', 'function GetWorkloadTypeAndName() return "Job", "a" end');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const on = (file: string, ...words: string[]) => lab.run([...words, '--kubeconfig', file]);

  for (const [what, words, line] of [
    [
      'a kubeconfig that is not there',
      ['list', '--kubeconfig', 'nope'],
      /^luaplugin: cannot read the kubeconfig nope: /,
    ],
    [
      'a kubeconfig that is none',
      ['list', '--kubeconfig', 'not-yaml'],
      /^luaplugin: the kubeconfig not-yaml is not valid: /,
    ],
    [
      'a context that is not there',
      ['list', '--kubeconfig', 'config', '--context', 'x'],
      /^luaplugin: the kubeconfig config has no context "x"; it has: here, empty$/,
    ],
    [
      'a context without a cluster',
      ['list', '--kubeconfig', 'config', '--context', 'empty'],
      /^luaplugin: the kubeconfig config has no cluster for its context "empty"$/,
    ],
    [
      'a timeout that is none',
      ['list', '--request-timeout', 'soon'],
      /--request-timeout .*Write a whole number/,
    ],
    [
      'a namespace that can be none',
      ['history', 'a', '--kubeconfig', 'config', '--operator-namespace', 'A/b'],
      /Write a namespace's name/,
    ],
    [
      'a prefix that can be none',
      ['cleanup', '--kubeconfig', 'config', '--annotation-prefix', 'a/b'],
      /Write a DNS subdomain/,
    ],
  ] as const) {
    it(`answers ${what} with one line and exit code 2`, async () => {
      const { code, stdout, stderr } = await lab.run(words);
      expect(stderr.trimEnd()).to.match(line).and.not.contain('\n');
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }

  it('says that nothing answers at the address', async () => {
    for (const words of [['get', 'x'], ['install'], ['uninstall']]) {
      const { code, stderr } = await on('dead', ...words);
      expect(stderr).to.match(
        /^luaplugin: can't reach the cluster at http:\/\/127\.0\.0\.1:1 \(context "here"\): connect ECONNREFUSED [^\n]*; check that it runs and that this is the right context\n$/,
      );
      expect(code).to.equal(1);
    }
  });

  it('gives up when no answer comes in time', async () => {
    answer = undefined;
    const { code, stderr } = await on('config', 'list', '--request-timeout', '200ms');
    expect(stderr).to.match(
      /gave no answer within 0\.2 s; check that it runs, or wait longer with --request-timeout\n$/,
    );
    expect(code).to.equal(1);
  });

  it('says that the credentials are not accepted', async () => {
    answer = {
      status: 401,
      body: '{"kind":"Status","code":401,"reason":"Unauthorized","message":"Unauthorized"}',
    };
    const { code, stderr } = await on('config', 'list');
    expect(stderr).to.match(/does not accept the credentials of context "here"; log in again/);
    expect(code).to.equal(1);
  });

  it('says that the operator is not installed where LuaPlugins are not known', async () => {
    // As the real API server answers for a group that it does not serve.
    const refusal = await fixture.plane.api
      .request('GET', '/apis/nobody.example.com/v1/things')
      .catch((error: Error) => error.message);
    expect(refusal).to.match(/404: 404 page not found/);
    answer = { status: 404, body: '404 page not found\n' };
    for (const words of [['list'], ['get', 'x'], ['delete', 'x'], ['create', 'x', '--script', 'p.lua']]) {
      const { code, stderr } = await on('config', ...words);
      expect(stderr, words.join(' ')).to.match(
        /^luaplugin: the cluster does not know LuaPlugin; install the operator \(luaplugin install\)[^\n]*\n$/,
      );
      expect(code).to.equal(1);
    }
  });

  it('installs nothing on a cluster that is too old, and says which version it takes', async () => {
    answer = { status: 200, body: '{"major":"1","minor":"29+","gitVersion":"v1.29.3"}' };
    const { code, stdout, stderr } = await on('config', 'install');
    expect(stderr).to.match(
      /^luaplugin: the cluster runs Kubernetes v1\.29\.3, and the operator needs 1\.30 or newer, for its ValidatingAdmissionPolicy; [^\n]*\n$/,
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
  });

  it('shows no stack trace for an answer that is no JSON', async () => {
    answer = { status: 200, body: '<html>' };
    const { code, stderr } = await on('config', 'get', 'x');
    expect(stderr).to.match(
      /^luaplugin: the cluster at [^\n]* gives strange answers: GET [^\n]*: the answer is not JSON: "<html>"\n$/,
    );
    expect(code).to.equal(1);
  });
});

describe('luaplugin, without the rights', () => {
  const fixture = useControlPlane();
  let path = '';
  before(async () => {
    const { namespace } = fixture;
    await fixture.plane.kubectl(['create', 'serviceaccount', 'nobody', '-n', namespace]);
    path = await fixture.plane.serviceAccountKubeconfig({ namespace, name: 'nobody' });
  });
  const lab = useLuapluginOn(fixture, () => path);

  for (const words of [
    ['list'],
    ['get', 'x'],
    ['delete', 'x'],
    ['explain', 'pod', 'a/b'],
    ['cleanup', '--force'],
    ['install'],
    ['uninstall'],
  ]) {
    it(`says which right ${words[0]} lacks`, async () => {
      const { code, stdout, stderr } = await lab.run(words);
      expect(stderr).to.match(
        /^luaplugin: [^\n]* is forbidden: User "[^"]+nobody" cannot (list|get|delete) resource [^\n]*; ask the cluster's administrator for this right [^\n]*\n$/,
      );
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    });
  }
});
