import { expect } from 'chai';
import { OverwriteBackoff } from '../../../operator/pods/overwrite-backoff.ts';
import { ManualClock } from '../support/clock.ts';

describe('the patience with others who write', () => {
  it('repeats a write at once, then ever less often', () => {
    const clock = new ManualClock();
    const patience = new OverwriteBackoff(clock);
    const waits: number[] = [];
    for (let repetition = 0; repetition < 9; repetition += 1) {
      const waitMs = patience.ask('u');
      waits.push(waitMs);
      clock.skip(waitMs);
      if (waitMs > 0) expect(patience.ask('u')).to.equal(0);
    }
    expect(waits).to.deep.equal([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('forgives after ten quiet minutes', () => {
    const clock = new ManualClock();
    const patience = new OverwriteBackoff(clock);
    patience.ask('u');
    expect(patience.ask('u')).to.equal(1000);
    clock.skip(600_001);
    expect(patience.ask('u')).to.equal(0);
  });

  it('holds nothing against other Pods', () => {
    const patience = new OverwriteBackoff(new ManualClock());
    patience.ask('u');
    expect(patience.ask('v')).to.equal(0);
  });
});
