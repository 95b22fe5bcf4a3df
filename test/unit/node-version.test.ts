import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = new URL('../../', import.meta.url);

/** Runs a program of the source in a Node that passes for another version. */
async function runAs(version: string, entry: string) {
  const versions = `{ value: { ...process.versions, node: '${version}' } }`;
  const before = `data:text/javascript,Object.defineProperty(process, 'versions', ${versions})`;
  const args = ['--import', before, fileURLToPath(new URL(entry, root)), '--help'];
  return await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('a Node that is too old', () => {
  for (const entry of ['operator/main.ts', 'luaplugin/main.ts']) {
    it(`is told in one line, with exit code 2, by ${entry}`, async () => {
      expect(await runAs('23.11.1', entry)).to.deep.equal({
        code: 2,
        stdout: '',
        stderr: 'lua-plugin-operator needs Node 24 or newer, and this is 23.11.1\n',
      });
    });

    it(`is none from 24 on for ${entry}`, async () => {
      const { code, stdout } = await runAs('24.0.0', entry);
      expect(stdout).to.match(/^Usage: /);
      expect(code).to.equal(0);
    });
  }

  it('is one that package.json refuses, too', async () => {
    const { engines } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
    expect(engines).to.deep.equal({ node: '>=24' });
  });
});
