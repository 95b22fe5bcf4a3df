import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig, type OperatorConfig, ownsPods } from '../../../operator/config/config.ts';
import { ConfiguredKinds } from '../../../operator/workloads/kind-rules.ts';
import { resolveStandard } from '../../../operator/workloads/standard.ts';
import { discoveryOf, ownersOf, readPodFixtures } from '../workloads/pod-fixtures.ts';

const fixtures = await readPodFixtures();

/** What the Pod of a fixture counts as with this config. */
async function workloadOf(file: string, config: OperatorConfig): Promise<string> {
  const fixture = fixtures.find((one) => one.file === file) ?? expect.fail(`there is no fixture ${file}`);
  const { standardWorkload } = config;
  const resources = config.resources.filter(ownsPods);
  const kinds = new ConfiguredKinds({ resources, standardWorkload, discovery: discoveryOf(fixture) });
  const { type, name } = await resolveStandard(fixture.metadata, ownersOf(fixture), kinds);
  return `${type} ${name}`;
}

describe('config/base/operator-config.yaml', () => {
  it('is accepted, and sets nothing but the defaults, with leader election and the webhook', async () => {
    const path = fileURLToPath(new URL('../../../config/base/operator-config.yaml', import.meta.url));
    const defaults = await loadConfig(undefined);
    const leaderElection = { ...defaults.leaderElection, enabled: true };
    const webhook = { ...defaults.webhook, enabled: true };
    expect(await loadConfig(path)).to.deep.equal({ ...defaults, leaderElection, webhook });
  });
});

describe('config/cert-manager/operator-config.yaml', () => {
  it('is that of config/base but for the certificate, which comes from files', async () => {
    const [base, certManager] = await Promise.all(
      ['base', 'cert-manager'].map((folder) =>
        loadConfig(fileURLToPath(new URL(`../../../config/${folder}/operator-config.yaml`, import.meta.url))),
      ),
    );
    const certDirectory = '/etc/lua-plugin-operator-webhook';
    expect(certManager).to.deep.equal({ ...base, webhook: { ...base?.webhook, certDirectory } });
  });
});

describe('config/daemonset/operator-config.yaml', () => {
  it('is that of config/base but for the election, which a thousand nodes can afford', async () => {
    const path = fileURLToPath(new URL('../../../config/daemonset/operator-config.yaml', import.meta.url));
    const base = await loadConfig(
      fileURLToPath(new URL('../../../config/base/operator-config.yaml', import.meta.url)),
    );
    expect(await loadConfig(path, { nodeName: 'n1' })).to.deep.equal({
      ...base,
      nodeName: 'n1',
      leaderElection: {
        enabled: true,
        leaseDurationMs: 60_000,
        renewDeadlineMs: 40_000,
        retryPeriodMs: 15_000,
      },
    });
  });
});

describe('config/deepflow/operator-config.yaml', () => {
  it('counts kinds that DeepFlow has under another name as what DeepFlow counts them as', async () => {
    const path = fileURLToPath(new URL('../../../config/deepflow/operator-config.yaml', import.meta.url));
    const config = await loadConfig(path);
    for (const [file, workload] of [
      ['inplaceset', 'Deployment cluster-extension-apiserver-jqntf'],
      ['statefulsetplus', 'StatefulSet game'],
      ['statefulsetplus-tkex', 'StatefulSet lobby'],
      ['opengauss', 'StatefulSet ogtest'],
      ['opengauss-older-group', 'StatefulSet oldtest'],
    ] as const) {
      expect(await workloadOf(file, config), file).to.equal(workload);
      expect(config.allowedTypes).to.include(workload.split(' ')[0]);
    }
  });
});

describe('the configs in docs/administration.md', () => {
  it('call the Pods of a Fleet by the Fleet, and not by one game server each', async () => {
    const page = await readFile(new URL('../../../docs/administration.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const configs = blocks.filter(
      (block) => block.includes('kind: OperatorConfig') || block.startsWith('resources:'),
    );
    expect(configs.filter((block) => /^resources:/m.test(block))).to.have.length.above(1);
    const folder = await mkdtemp(join(tmpdir(), 'config-'));
    try {
      for (const block of configs) {
        const head = 'apiVersion: config.luaplugin.dev/v1alpha1\nkind: OperatorConfig\n';
        const path = join(folder, 'config.yaml');
        await writeFile(path, block.includes('kind: OperatorConfig') ? block : head + block);
        expect(await workloadOf('agones', await loadConfig(path)), block).to.equal('Fleet arena');
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
