import { expect } from 'chai';
import { Backoff, backoffDelay } from '../../../operator/time/backoff.ts';

describe('Backoff', () => {
  it('doubles each delay up to the cap', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000 }, () => 1);
    expect([0, 1, 2, 3, 4, 5].map(() => backoff.next())).to.deep.equal([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('starts anew after a reset', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000 }, () => 1);
    backoff.next();
    backoff.next();
    backoff.reset();
    expect(backoff.next()).to.equal(100);
  });

  it('spreads each delay between half of it and all of it', () => {
    expect(backoffDelay(1, { baseMs: 100, maxMs: 1_000 }, () => 0)).to.equal(100);
    expect(backoffDelay(1, { baseMs: 100, maxMs: 1_000 }, () => 0.5)).to.equal(150);
  });

  it('stays at the cap after ever so many failures', () => {
    expect(backoffDelay(5_000, { baseMs: 100, maxMs: 1_000 }, () => 1)).to.equal(1_000);
  });
});
