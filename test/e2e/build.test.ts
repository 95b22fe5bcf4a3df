import { execFile } from 'node:child_process';
import { cp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { silentLogger } from '../../operator/observability/logging.ts';
import { createPod } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { useOperator } from '../support/operator.ts';
import { root } from './world.ts';

const run = promisify(execFile);

type HostClient = typeof import('../../operator/sandbox/host-client.ts');

describe('make build', function () {
  this.timeout(120_000);

  before(() => run('make', ['build'], { cwd: root }));

  it('makes a program that starts', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'dist/operator/main.js'), '--version']);
    expect(stdout.trim()).to.match(/^\d+\.\d+\.\d+$/);
  });

  it('makes a sandbox that runs Lua: its processes, Workers and Lua files are all there', async () => {
    const url = pathToFileURL(join(root, 'dist/operator/host-client.js')).href;
    const { SandboxHost } = (await import(url)) as HostClient;
    const sandbox = new SandboxHost({ logger: silentLogger });
    await sandbox.start();
    try {
      const program = {
        id: 'p@1',
        plugin: 'p',
        script: 'function GetWorkloadTypeAndName(text) return "Job", require("dkjson").decode(text).name end',
        limits: { timeoutMs: 5_000, memoryBytes: 16 * 1024 * 1024 },
      };
      expect(await sandbox.load(program)).to.equal(undefined);
      const [steps] = await sandbox.evaluate([{ metadata: '{"name":"j"}', programs: ['p@1'] }]);
      expect(steps?.[0]?.answer).to.deep.equal({ result: 'resolved', type: 'Job', name: 'j' });
    } finally {
      await sandbox.stop();
    }
  });

  describe('where there are no packages beside it', () => {
    // Made at once: useOperator takes the program's path before any hook runs.
    const folder = join(tmpdir(), `built-${process.pid}`);
    before(() => cp(join(root, 'dist'), folder, { recursive: true }));
    after(() => rm(folder, { recursive: true, force: true }));

    const cluster = useControlPlane();
    const operator = useOperator(
      cluster,
      'webhook: {enabled: true, address: 127.0.0.1:0}',
      join(folder, 'operator/main.js'),
    );

    it('resolves Pods on a real API server, by a plugin and without', async () => {
      const { namespace, plane } = cluster;
      await createPod(plane.api, { namespace, name: 'lonely' });
      await eventually(
        'its own workload',
        async () => (await operator.workloadOf('lonely')) === 'Pod lonely by standard',
      );
      const script = 'function GetWorkloadTypeAndName() return "Job", "built" end';
      await operator.applyPlugin('built', { script });
      await eventually(
        "the plugin's workload",
        async () => (await operator.workloadOf('lonely')) === 'Job built by LuaPlugin/built',
      );
    });

    it('is the program luaplugin too, which talks to the cluster', async () => {
      const args = [
        join(folder, 'operator/luaplugin.js'),
        'list',
        '-o',
        'name',
        '--kubeconfig',
        cluster.plane.kubeconfigPath,
      ];
      const { stdout } = await run(process.execPath, args);
      expect(stdout.split('\n')).to.include('luaplugin.luaplugin.dev/built');
    });

    it('brings the licenses of the packages that are in it', async () => {
      const text = await readFile(join(folder, 'THIRD-PARTY-LICENSES'), 'utf8');
      for (const name of ['undici', 'wasmoon', 'ajv', 'prom-client', '@kubernetes/client-node'])
        expect(text).to.include(name);
    });
  });
});
