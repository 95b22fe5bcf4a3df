import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { silentLogger } from '../../operator/observability/logging.ts';
import { honest, mebibyte, metadata } from './box.ts';

type HostClient = typeof import('../../operator/sandbox/host-client.ts');

const root = fileURLToPath(new URL('../..', import.meta.url));
const modules = join(root, 'node_modules');

describe('The sandbox in an installation', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-links-'));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    for (const room of ['api', 'observability', 'sandbox', 'time'])
      await cp(join(root, 'operator', room), join(folder, 'operator', room), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('whose node_modules is a link runs Lua and checks parameters', async () => {
    await symlink(modules, join(folder, 'node_modules'));
    await expectToWork();
  });

  it('whose packages are links to a store, each beside its dependencies, runs Lua and checks parameters', async () => {
    const store = join(folder, 'node_modules/.store');
    const dependencies = {
      ajv: ['fast-deep-equal', 'fast-uri', 'json-schema-traverse', 'require-from-string'],
      'ajv-formats': ['ajv'],
      wasmoon: [],
    };
    for (const name of new Set(Object.entries(dependencies).flat(2))) {
      await cp(join(modules, name), join(store, name, 'node_modules', name), { recursive: true });
    }
    const link = async (name: string, at: string) => {
      await mkdir(dirname(join(at, name)), { recursive: true });
      await symlink(join(store, name, 'node_modules', name), join(at, name));
    };
    for (const [name, needed] of Object.entries(dependencies)) {
      await link(name, join(folder, 'node_modules'));
      for (const dependency of needed) await link(dependency, join(store, name, 'node_modules'));
    }
    for (const name of await readdir(modules)) {
      if (name === '.bin' || name in dependencies) continue;
      await symlink(join(modules, name), join(folder, 'node_modules', name));
    }
    await expectToWork();
  });

  async function expectToWork(): Promise<void> {
    const url = pathToFileURL(join(folder, 'operator/sandbox/host-client.ts')).href;
    const { SandboxHost } = (await import(url)) as HostClient;
    const sandbox = new SandboxHost({ logger: silentLogger });
    await sandbox.start();
    try {
      const limits = { timeoutMs: 1000, memoryBytes: 16 * mebibyte };
      expect(await sandbox.load({ id: 'p', plugin: 'p', script: honest, limits })).to.equal(undefined);
      const [steps] = await sandbox.evaluate([{ metadata, programs: ['p'] }]);
      expect(steps?.[0]?.answer).to.include({ name: 'web-0' });
      const schema = { properties: { a: { type: 'string', format: 'date' } } };
      expect(await sandbox.checkParameters({ a: '2030-01-01' }, schema)).to.deep.equal({
        ok: true,
        parameters: { a: '2030-01-01' },
      });
    } finally {
      await sandbox.stop();
    }
  }
});
