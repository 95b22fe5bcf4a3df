import { expect } from 'chai';
import {
  failed,
  type Outcome,
  outcomeOfFailure,
  retryDelayMs,
} from '../../../operator/plugins/state/plugin-state.ts';

function delay(outcome: Outcome, tries: number): number | undefined {
  return retryDelayMs({ outcome, tries });
}

describe('a plugin that can not serve', () => {
  it('is not tried again before its spec changes, when the script is at fault', () => {
    expect(delay(outcomeOfFailure({ reason: 'compile', message: 'p:1: no' }), 1)).to.equal(undefined);
    expect(delay(failed('TestsFailed', 'one failed'), 1)).to.equal(undefined);
  });

  it('is tried again soon, then ever less often, when the machine may have been busy', () => {
    const slow = outcomeOfFailure({ reason: 'timeout', message: 'took longer than 50 ms' });
    const delays = [1, 2, 3, 4, 5, 6].map((tries) => delay(slow, tries));
    expect(delays).to.deep.equal([1_000, 4_000, 16_000, 64_000, 256_000, 300_000]);
  });

  it('looks evenly whether what it waits for is there', () => {
    expect(delay({ state: 'dormant', message: 'no group' }, 9)).to.equal(15_000);
  });
});
