import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { eventually } from '../../support/eventually.ts';
import { useOperator } from '../../support/operator.ts';
import { main } from './luaplugin.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const page = await readFile(join(root, 'docs/cli.md'), 'utf8');
const pairs = [...page.matchAll(/^```sh\n(.*?)\n```\n\n```text\n(.*?)^```$/gms)];

/** Figures and the columns' widths differ from run to run. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE')
    .replaceAll(/\b(\d+m)?\d+(\.\d+)?(µs|ms|s)\b/g, 'TIME')
    .replaceAll(/("seconds": |time=")[\d.e-]+/g, '$1TIME')
    .replaceAll(/\b\d{3,}\b/g, 'N')
    .replaceAll(/(?<=\S) {2,}/g, ' ');
}

/** What changes nothing is shown once the operator has caught up with what was changed before. */
const changesSomething =
  /luaplugin (create|library apply|rollback|delete|cleanup --yes)|kubectl (apply|delete)/;

describe('docs/cli.md', () => {
  const fixture = useControlPlane();
  // Its Pods are where kubectl puts them without being told.
  useOperator({
    get plane() {
      return fixture.plane;
    },
    namespace: 'default',
  });
  let directory = '';
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'luaplugin-'));
    await writeFile(join(directory, 'luaplugin'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    await chmod(join(directory, 'luaplugin'), 0o755);
    await symlink(fixture.plane.kubectlPath, join(directory, 'kubectl'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  for (const [, command = '', output = ''] of pairs) {
    const [first = ''] = command.split('\n');
    it(`shows what comes of ${first}`, async () => {
      const show = async () => {
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command], {
          cwd: root,
          env: {
            PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
            HOME: directory,
            KUBECONFIG: fixture.plane.kubeconfigPath,
          },
        });
        expect(withoutFigures(stdout)).to.equal(withoutFigures(output));
        return true;
      };
      await (changesSomething.test(command) ? show() : eventually('the output', show));
    });
  }

  it('has an example of every command that has output', () => {
    const commands = pairs.map(([, command = '']) => /luaplugin (\w+)/.exec(command)?.[1]);
    expect(commands).to.include.members([
      'run',
      'check',
      'test',
      'bench',
      'create',
      'get',
      'history',
      'diff',
      'rollback',
      'explain',
      'delete',
    ]);
  });
});
