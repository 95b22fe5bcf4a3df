import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { main } from './luaplugin.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(root, 'docs/cli.md'), 'utf8');
const pairs = [...page.matchAll(/^```sh\n(.*?)\n```\n\n```text\n(.*?)^```$/gms)];

/** Figures and the columns' widths differ from run to run. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/\b\d+(\.\d+)?(µs|ms|s)\b/g, 'TIME')
    .replaceAll(/("seconds": |time=")[\d.e-]+/g, '$1TIME')
    .replaceAll(/\b\d{3,}\b/g, 'N')
    .replaceAll(/(?<=\S) {2,}/g, ' ');
}

describe('docs/cli.md', function () {
  this.timeout(60_000);
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'luaplugin-'));
    await writeFile(join(directory, 'luaplugin'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    await chmod(join(directory, 'luaplugin'), 0o755);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  for (const [, command = '', output = ''] of pairs) {
    it(`shows what comes of ${command}`, async () => {
      const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], {
        cwd: root,
        env: { PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}` },
      });
      expect(withoutFigures(stdout)).to.equal(withoutFigures(output));
    });
  }

  it('has an example of every command that has output', () => {
    const commands = pairs.map(([, command = '']) => /luaplugin (\w+)/.exec(command)?.[1]);
    expect(commands).to.include.members(['run', 'check', 'test', 'bench']);
  });
});
