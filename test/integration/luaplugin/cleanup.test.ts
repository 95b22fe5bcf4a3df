import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { createPod, type KubeObject } from '../../cluster/workloads.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { main } from './luaplugin.ts';
import { useLuapluginOn } from './on-cluster.ts';

/** A prefix that no other test's Pods carry. */
const prefix = 'cleanup.example.com';
const system = 'luaplugin-cleanup';

describe('luaplugin cleanup', () => {
  const fixture = useControlPlane();
  const lab = useLuapluginOn(fixture);
  const { namespace } = fixture;
  const options = ['--annotation-prefix', prefix, '--operator-namespace', system];
  const cleanup = (...words: string[]) => lab.run(['cleanup', ...options, '--yes', ...words]);
  const ours = {
    [`${prefix}/workload-type`]: 'Pod',
    [`${prefix}/workload-name`]: 'x',
    [`${prefix}/resolved-by`]: 'standard',
  };
  const annotationsOf = async (pod: string) => {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}`;
    return (await fixture.plane.api.request<KubeObject>('GET', path)).metadata.annotations;
  };
  const lease = async (renewTime: string) => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${system}/leases`;
    const spec = { holderIdentity: 'operator-1', leaseDurationSeconds: 60, renewTime };
    await fixture.plane.kubectl(['delete', 'lease', '-n', system, '--all']);
    await fixture.plane.api.request('POST', path, { metadata: { name: 'lua-plugin-operator' }, spec });
  };

  before(async () => {
    await fixture.plane.kubectl(['create', 'namespace', system]);
  });
  beforeEach(async () => {
    await fixture.plane.kubectl(['delete', 'pods', '-n', namespace, '--all', '--force', '--grace-period=0']);
    await fixture.plane.kubectl(['delete', 'lease', '-n', system, '--all']);
    await createPod(fixture.plane.api, { namespace, name: 'both', annotations: { ...ours, keep: 'me' } });
    await createPod(fixture.plane.api, {
      namespace,
      name: 'half',
      annotations: { [`${prefix}/resolved-by`]: 'LuaPlugin/x' },
    });
    await createPod(fixture.plane.api, { namespace, name: 'none', annotations: { keep: 'me' } });
  });

  it("takes the operator's annotations off, and no other", async () => {
    expect(await cleanup()).to.deep.equal({
      code: 0,
      stdout: `took the annotations of ${prefix} off 2 Pods\n`,
      stderr: '',
    });
    expect(await annotationsOf('both')).to.deep.equal({ keep: 'me' });
    expect(await annotationsOf('half')).to.equal(undefined);
    expect(await annotationsOf('none')).to.deep.equal({ keep: 'me' });
  });

  it('does nothing when it is run again', async () => {
    await cleanup();
    expect(await cleanup()).to.deep.equal({
      code: 0,
      stdout: `no Pod carries annotations of ${prefix}\n`,
      stderr: '',
    });
  });

  it('only counts in a dry run', async () => {
    expect((await cleanup('--dry-run')).stdout).to.equal(`2 Pods carry annotations of ${prefix}\n`);
    expect(JSON.parse((await cleanup('--dry-run', '-o', 'json')).stdout)).to.deep.include({
      pods: 2,
      cleaned: 0,
    });
    expect(await annotationsOf('both')).to.include(ours);
  });

  it('asks whoever sits at a terminal', async () => {
    const asked: string[] = [];
    const answering = (answer: string) => ({
      ask: async (question: string) => {
        asked.push(question);
        return answer;
      },
    });
    const no = await lab.run(['cleanup', ...options], answering(''));
    expect(no).to.deep.equal({ code: 1, stdout: '', stderr: 'stopped; nothing was changed\n' });
    expect(await annotationsOf('both')).to.include(ours);
    expect((await lab.run(['cleanup', ...options, '--yes'], answering('no'))).code).to.equal(0);
    expect(asked).to.deep.equal([`2 Pods carry annotations of ${prefix}. Take them off? [y/N] `]);
    await createPod(fixture.plane.api, { namespace, name: 'again', annotations: ours });
    const yes = await lab.run(['cleanup', ...options], answering('y'));
    expect(yes.stdout).to.equal(`took the annotations of ${prefix} off 1 Pod\n`);
  });

  it('refuses where nobody can be asked and --yes was not given', async () => {
    expect(await lab.run(['cleanup', ...options])).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        'luaplugin cleanup: nobody is at a terminal to be asked, and nothing was changed; give --yes, or look with --dry-run first; see luaplugin cleanup --help\n',
    });
    expect(await annotationsOf('both')).to.include(ours);
  });

  it('refuses while an operator runs, unless it is forced', async () => {
    await lease(new Date().toISOString().replace('Z', '000Z'));
    const { code, stdout, stderr } = await cleanup();
    expect(stderr).to.equal(
      `luaplugin: an operator still runs and would write the annotations again (operator-1 holds the Lease ${system}/lua-plugin-operator); take it off first (kubectl delete -k config/default), or use --force\n`,
    );
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect((await cleanup('--dry-run')).code).to.equal(0);
    expect(await annotationsOf('both')).to.include(ours);
    expect((await cleanup('--force')).code).to.equal(0);
  });

  it('does not mind the Lease of an operator that is gone', async () => {
    await lease('2020-01-01T00:00:00.000000Z');
    expect((await cleanup()).code).to.equal(0);
  });

  it('stops at Ctrl-C, says how many are done, and goes on when it is run again', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `many-${index}`);
    await Promise.all(
      names.map((name) => createPod(fixture.plane.api, { namespace, name, annotations: ours })),
    );
    const words = [
      'cleanup',
      ...options,
      '--yes',
      '-o',
      'json',
      '--kubeconfig',
      fixture.plane.kubeconfigPath,
    ];
    const child = spawn(process.execPath, [main, ...words]);
    const ended = once(child, 'close');
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    while (child.exitCode === null && (await annotationsOf('half')) !== undefined);
    child.kill('SIGINT');
    const [stdout, stderr] = await output;
    const [code] = await ended;
    const { pods, cleaned } = JSON.parse(stdout) as { pods: number; cleaned: number };
    expect(pods).to.equal(302);
    expect(cleaned).to.be.within(1, 301);
    expect(code).to.equal(1);
    expect(stderr).to.equal(`stopped: ${302 - cleaned} of 302 Pods are left; run it again for the rest\n`);
    const again = await cleanup();
    expect(again.stdout).to.equal(`took the annotations of ${prefix} off ${302 - cleaned} Pods\n`);
  });
});
