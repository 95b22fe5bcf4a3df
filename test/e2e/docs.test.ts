import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { streamProgress } from '../cluster/progress.ts';
import { buildHelm } from '../support/helm.ts';
import { fencedBlocks } from '../support/pages.ts';
import { silentNarrator } from './narrator.ts';
import { story } from './story.ts';
import { root, World } from './world.ts';

/** The pages whose commands are run, in this order: the last one takes the operator off. */
const pages = [
  'CONTRIBUTING.md',
  'docs/cli.md',
  'examples/README.md',
  'docs/plugins.md',
  'docs/integrations/downward-api.md',
  // They install it once more, with the webhook, which would delay the other pages' plugins.
  'README.md',
  'docs/administration.md',
];

const startTimeoutMs = 30 * 60_000;

const run = promisify(execFile);

/** The links of a page that lead into the repository. */
async function links(page: string): Promise<{ page: string; target: string }[]> {
  const text = await readFile(join(root, page), 'utf8');
  return [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => ({
    page,
    target: join(root, dirname(page), link),
  }));
}

/** The make targets that a block names; such a block is not run, it would run this test again. */
function makeTargets(block: string): string[] {
  return [...block.matchAll(/^make(?: ([a-z]+))?/gm)].map(([, target = 'help']) => target);
}

const blocks = (await Promise.all(pages.map((page) => fencedBlocks(page, 'sh')))).flatMap((found, index) =>
  found.map((block) => ({ page: pages[index] ?? '', block })),
);

describe('the documentation', () => {
  let world: World | undefined;
  let directory = '';

  before('start an API server and the operator, as the demo does', async function () {
    this.timeout(startTimeoutMs);
    world = await World.start(silentNarrator, streamProgress(process.stderr));
    for (const { run: take } of story.slice(0, 2)) await take(world);
    directory = await mkdtemp(join(tmpdir(), 'docs-'));
    // No controller runs here that would end a deleted Namespace, so nothing is waited for.
    const shim = `#!/bin/sh\nif [ "$1" = delete ]; then set -- "$@" --wait=false; fi\nexec '${world.plane.kubectlPath}' "$@"\n`;
    await writeFile(join(directory, 'kubectl'), shim);
    await chmod(join(directory, 'kubectl'), 0o755);
    // kubectl has installed the operator here, with another image; the reader has not.
    const program = `#!/bin/sh\nif [ "$1" = install ]; then set -- "$@" --force-conflicts; fi\nexec '${join(root, 'luaplugin/main.ts')}' "$@"\n`;
    await writeFile(join(directory, 'luaplugin'), program);
    await chmod(join(directory, 'luaplugin'), 0o755);
    await symlink(await buildHelm(), join(directory, 'helm'));
  });

  after(async () => {
    await world?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  for (const { page, block } of blocks) {
    const [first = ''] = block.split('\n');
    it(`${page} shows commands that work: ${first}`, async () => {
      const targets = makeTargets(block);
      if (targets.length > 0) {
        const makefile = await readFile(join(root, 'Makefile'), 'utf8');
        for (const target of targets) expect(makefile).to.match(new RegExp(`^${target}:`, 'm'));
        return;
      }
      await run('bash', ['-euo', 'pipefail', '-c', block], {
        cwd: root,
        env: {
          PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
          HOME: directory,
          KUBECONFIG: world?.plane.kubeconfigPath,
        },
      });
    });
  }

  it('has no link to a file that is not there', async () => {
    const files = await Promise.all(
      [
        ...pages,
        'CHANGELOG.md',
        'docs/alerts.md',
        'docs/architecture.md',
        'docs/kinds.md',
        'docs/lua.md',
        'docs/real-controllers.md',
        ...(await readdir(join(root, 'docs/integrations'))).map((name) => `docs/integrations/${name}`),
      ].map(links),
    );
    const missing = files.flat().filter(({ target }) => !existsSync(target));
    expect(missing).to.deep.equal([]);
  });

  it('shows LuaPlugins that are valid, and whose tests pass', async () => {
    for (const page of pages) {
      const plugins = (await fencedBlocks(page, 'yaml')).filter((block) => block.includes('kind: LuaPlugin'));
      for (const [index, plugin] of plugins.entries()) {
        const file = join(directory, `${page.replaceAll('/', '-')}-${index}.yaml`);
        await writeFile(file, plugin);
        const luaplugin = join(root, 'luaplugin/main.ts');
        await run(process.execPath, [luaplugin, 'test', file]);
      }
    }
  });

  it('has blocks of commands on every page', () => {
    expect(new Set(blocks.map(({ page }) => page))).to.deep.equal(new Set(pages));
  });
});
