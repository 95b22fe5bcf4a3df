import { expect } from 'chai';
import { isToBlame } from '../../../operator/sandbox/host/watch.ts';

describe('A step that is watched', () => {
  const step = { since: 1000, limitMs: 50 };

  it('may run up to its limit, whatever it uses', () => {
    expect(isToBlame(step, 1049, 49)).to.equal(false);
  });

  it('is to blame past its limit', () => {
    expect(isToBlame(step, 1050, 50)).to.equal(true);
    expect(isToBlame(step, 1050, 15)).to.equal(true);
  });

  it('is not to blame while the machine gave its thread next to no CPU time, but not for ever', () => {
    expect(isToBlame(step, 1050, 14)).to.equal(false);
    expect(isToBlame(step, 1400, 0)).to.equal(false);
    expect(isToBlame(step, 1500, 0)).to.equal(true);
  });
});
