import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs the generator that lies in a copy of the repository. */
function generate(folder: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(folder, 'build/generate/types.ts'), ...args], (error, _stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

describe('build/generate/types.ts', function () {
  let folder: string;
  const generated = () => join(folder, 'operator/api/generated.ts');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'generate-'));
    await mkdir(join(folder, 'crds'));
    await mkdir(join(folder, 'build/generate'), { recursive: true });
    await mkdir(join(folder, 'operator/api'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const file of ['build/generate/types.ts', 'crds/luaplugins.yaml', 'operator/api/generated.ts', 'package.json']) {
      await copyFile(join(root, file), join(folder, file));
    }
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('finds operator/api/generated.ts up to date', async () => {
    expect(await generate(folder, '--check')).to.deep.equal({ code: 0, stderr: '' });
  });

  it('says which line is out of date, and how to bring it up to date', async () => {
    const crd = join(folder, 'crds/luaplugins.yaml');
    await writeFile(crd, (await readFile(crd, 'utf8')).replace('[Enforce, DryRun]', '[Enforce, DryRun, Off]'));
    const { code, stderr } = await generate(folder, '--check');
    expect(code).to.equal(1);
    expect(stderr).to.match(/is out of date; run `node build\/generate\/types\.ts`\.\nline \d+ should be:\n.*Off.*\nbut is:\n/);
  });

  it('writes what --check then accepts', async () => {
    await rm(generated());
    expect((await generate(folder)).code).to.equal(0);
    expect((await generate(folder, '--check')).code).to.equal(0);
    expect(await readFile(generated(), 'utf8')).to.equal(await readFile(join(root, 'operator/api/generated.ts'), 'utf8'));
  });
});
