import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { loadConfig } from '../../../operator/config.ts';

describe('config/base/operator-config.yaml', () => {
  it('is accepted, and sets nothing but the defaults', async () => {
    const path = fileURLToPath(new URL('../../../config/base/operator-config.yaml', import.meta.url));
    expect(await loadConfig(path)).to.deep.equal(await loadConfig(undefined));
  });
});
