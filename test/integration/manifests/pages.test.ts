import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { useControlPlane } from '../../support/control-plane.ts';
import { configDirectory, type Manifest, manifest, render } from '../../support/manifests.ts';
import { operatorAccount } from '../../support/operator.ts';
import { fencedBlocks } from '../../support/pages.ts';

const { name } = operatorAccount;
const image = 'registry.example.com/lua-plugin-operator:0.1.0';

/** Every kustomization that the pages show. */
const shown = (await Promise.all(['README.md', 'docs/administration.md'].map(kustomizations))).flat();

async function kustomizations(page: string): Promise<{ page: string; text: string }[]> {
  const blocks = await fencedBlocks(page, 'yaml');
  return blocks.filter((text) => text.includes('kind: Kustomization')).map((text) => ({ page, text }));
}

describe('the kustomizations that the pages show', () => {
  const fixture = useControlPlane();
  let directory = '';

  before('have a checkout, and a copy of the config, beside them', async () => {
    directory = await mkdtemp(join(tmpdir(), 'pages-'));
    await symlink(configDirectory('..'), join(directory, name));
    await copyFile(configDirectory('base/operator-config.yaml'), join(directory, 'operator-config.yaml'));
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const made = async (text: string): Promise<Manifest[]> => {
    await writeFile(join(directory, 'kustomization.yaml'), text);
    return await render(fixture.plane, directory);
  };

  for (const { page, text } of shown) {
    const [, folders] = /^resources:\n(.*?)^(?! )/ms.exec(`${text}END`) ?? [];
    it(`make a Deployment from ${page}'s${folders?.replaceAll(/\s+-?\s*/g, ' ')}`, async () => {
      const { spec } = Object(manifest(await made(text), 'Deployment', name));
      if (text.includes('\nimages:')) expect(spec.template.spec.containers[0].image).to.equal(image);
    });
  }

  it('have the Pods replaced when the config beside them changes', async () => {
    const [{ text } = { text: '' }] = shown.filter((one) => one.text.includes('configMapGenerator'));
    const configOf = (manifests: readonly Manifest[]) => {
      const { volumes } = Object(manifest(manifests, 'Deployment', name)).spec.template.spec;
      return Object(manifest(manifests, 'ConfigMap', volumes[0].configMap.name));
    };
    const before = configOf(await made(text));
    const file = join(directory, 'operator-config.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('logLevel: info', 'logLevel: debug'));
    const after = configOf(await made(text));
    expect(after.data['config.yaml']).to.contain('logLevel: debug');
    expect(after.metadata.name).not.to.equal(before.metadata.name);
  });
});
