import { expect } from 'chai';
import { isToBlame } from '../../../operator/sandbox/host/watch.ts';

describe('A step that is watched', () => {
  const step = { since: 1000, cpuMsBefore: 200, limitMs: 50 };

  it('may run up to its limit, whatever it uses', () => {
    expect(isToBlame(step, 1049, 249)).to.equal(false);
  });

  it('is to blame past its limit', () => {
    expect(isToBlame(step, 1050, 250)).to.equal(true);
    expect(isToBlame(step, 1050, 210)).to.equal(true);
  });

  it('is not to blame while the machine gave its thread next to no CPU time, but not for ever', () => {
    expect(isToBlame(step, 1050, 209)).to.equal(false);
    expect(isToBlame(step, 1200, undefined)).to.equal(false);
    expect(isToBlame(step, 1250, 200)).to.equal(true);
  });
});
