import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config/config.ts';

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
