import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { silentLogger } from '../../operator/observability/logging.ts';
import { createPod } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { olderNode } from '../support/older-node.ts';
import { useOperator } from '../support/operator.ts';
import { root } from './world.ts';

const run = promisify(execFile);

/** The text of a built file, and of all that it imports before its first line runs. */
async function loadedAtOnce(file: string): Promise<string> {
  const text = await readFile(join(root, 'dist/operator', file), 'utf8');
  const imports = [...text.matchAll(/\b(?:import|from) ?"\.\/([^"]+)"/g)].map(([, name = '']) => name);
  return [text, ...(await Promise.all(imports.map(loadedAtOnce)))].join('');
}

type HostClient = typeof import('../../operator/sandbox/host-client.ts');

describe('make build', () => {
  before(() => run('make', ['build'], { cwd: root }));

  it('makes a program that starts', async () => {
    const { stdout } = await run(process.execPath, [join(root, 'dist/operator/main.js'), '--version']);
    expect(stdout.trim()).to.match(/^\d+\.\d+\.\d+$/);
  });

  describe('for a Node that is too old', () => {
    for (const entry of ['main.js', 'luaplugin.js']) {
      it(`has ${entry} load nothing before it has looked at the version`, async () => {
        const text = await loadedAtOnce(entry);
        expect(text).to.contain('needs Node').and.to.contain('await import(');
        expect(text.length, 'characters').to.be.below(3_000);
      });
    }

    let older: Awaited<ReturnType<typeof olderNode>>;
    before('fetch one', async () => {
      older = await olderNode();
    });
    for (const args of [
      ['main.js', '--help'],
      ['luaplugin.js', 'list'],
      ['luaplugin.js', '--help'],
    ]) {
      it(`says so in one line: ${args.join(' ')}`, async () => {
        const [entry = '', ...words] = args;
        const ended = await run(older.path, [join(root, 'dist/operator', entry), ...words]).catch(
          (error: unknown) => error,
        );
        expect(ended).to.include({
          code: 2,
          stdout: '',
          stderr: `lua-plugin-operator needs Node 24 or newer, and this is ${older.version}\n`,
        });
      });
    }
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

  it('loads OpenTelemetry only for those who switch tracing on', async () => {
    const folder = join(root, 'dist/operator');
    const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
    const texts = new Map(
      await Promise.all(
        files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as const),
      ),
    );
    const [chunk = '', ...others] = files.filter((file) => texts.get(file)?.includes('OTLPTraceExporter'));
    expect(others).to.deep.equal([]);
    const imports = [...texts.values()].flatMap(
      (text) => text.match(/\w+[ (]*"\.\/open-telemetry[^"]*/g) ?? [],
    );
    expect(imports).to.deep.equal([`import("./${chunk}`]);
  });

  describe('where there are no packages beside it', () => {
    // Made at once: useOperator takes the program's path before any hook runs.
    const folder = join(tmpdir(), `built-${process.pid}`);
    before(() => cp(join(root, 'dist'), folder, { recursive: true }));
    after(() => rm(folder, { recursive: true, force: true }));

    const cluster = useControlPlane();
    const operator = useOperator(
      cluster,
      'webhook: {enabled: true, address: 127.0.0.1:0}\n' +
        'tracing: {endpoint: "http://127.0.0.1:1", samplingRatePerMillion: 1000000}',
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

    it('traces what it does', async () => {
      await eventually(
        'spans to be counted',
        async () => ((await operator.metric('luaplugin_spans_total{result="dropped"}')) ?? 0) > 0,
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
