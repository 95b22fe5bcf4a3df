import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { silentLogger } from '../../operator/observability/logging.ts';
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
    const url = pathToFileURL(join(root, 'dist/operator/sandbox/host-client.js')).href;
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
});
