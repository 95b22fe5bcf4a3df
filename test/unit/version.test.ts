import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { version } from '../../operator/process/version.ts';

describe('the version', () => {
  it('is the same in the program and in package.json', () => {
    const { version: released } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(version).to.equal(released);
  });
});
