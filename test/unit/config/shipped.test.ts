import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config.ts';

describe('config/base/operator-config.yaml', () => {
  it('is accepted, and sets nothing but the defaults, with leader election', async () => {
    const path = fileURLToPath(new URL('../../../config/base/operator-config.yaml', import.meta.url));
    const defaults = await loadConfig(undefined);
    const leaderElection = { ...defaults.leaderElection, enabled: true };
    expect(await loadConfig(path)).to.deep.equal({ ...defaults, leaderElection });
  });
});
