import { expect } from 'chai';
import { RateLimiter } from '../../../operator/time/rate-limiter.ts';
import { ManualClock } from '../support/clock.ts';

/** How many of so many takers have had their turn. */
function takers(limiter: RateLimiter, count: number): () => number {
  let turns = 0;
  for (let taker = 0; taker < count; taker += 1) void limiter.take().then(() => (turns += 1));
  return () => turns;
}

describe('the rate limiter', () => {
  it('lets as many through in each second as it was told, after a burst of a tenth of that', async () => {
    const clock = new ManualClock();
    const turns = takers(new RateLimiter(100, clock), 1000);
    await clock.advance(0);
    expect(turns()).to.be.within(10, 12);
    await clock.advance(1000);
    expect(turns()).to.be.within(109, 112);
    await clock.advance(1000);
    expect(turns()).to.be.within(209, 212);
  });

  it('does not save up turns that nobody took', async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(100, clock);
    await limiter.take();
    await clock.advance(60_000);
    const turns = takers(limiter, 1000);
    await clock.advance(0);
    expect(turns()).to.be.within(10, 12);
  });

  it('keeps nobody waiting when there is no limit', async () => {
    const clock = new ManualClock();
    const turns = takers(new RateLimiter(0, clock), 1000);
    await clock.advance(0);
    expect(turns()).to.equal(1000);
  });
});
