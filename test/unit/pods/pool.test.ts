import { expect } from 'chai';
import { Pool } from '../../../operator/pods/annotations/pool.ts';

describe('a pool of equal values', () => {
  const makePool = () => new Pool<{ readonly text: string }>(({ text }) => text);

  it('gives one object for all that are equal', () => {
    const pool = makePool();
    const first = pool.share({ text: 'a' });
    expect(pool.share({ text: 'a' })).to.equal(first);
    expect(pool.share({ text: 'b' })).not.to.equal(first);
  });

  it('begins anew after many values, and after few that are long: anybody may write anything on a Pod', () => {
    for (const [values, length] of [
      [20_000, 8],
      [40, 200_000],
    ] as const) {
      const pool = makePool();
      const first = pool.share({ text: 'first' });
      for (let index = 0; index < values; index += 1) pool.share({ text: String(index).padEnd(length, 'x') });
      expect(pool.share({ text: 'first' }), `${values} values`).not.to.equal(first);
    }
  });
});
