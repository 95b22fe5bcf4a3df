import { expect } from 'chai';
import { backOffMs } from '../../../operator/sandbox/client/back-off.ts';

describe('The back-off', () => {
  const policy = { firstMs: 100, longestMs: 1000 };

  it('doubles up to its longest wait', () => {
    const waits = [1, 2, 3, 4, 5, 50].map((failures) => backOffMs(policy, failures, () => 1));
    expect(waits).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
  });

  it('is spread over the upper half of the wait', () => {
    expect(backOffMs(policy, 1, () => 0)).to.equal(50);
    expect(backOffMs(policy, 1, () => 0.5)).to.equal(75);
  });
});
