import { expect } from 'chai';
import { SlotIndex } from '../../../operator/pods/store/slot-index.ts';
import { seededRandom } from '../support/random.ts';

describe('the index of slots', () => {
  it('finds what is in it and nothing else, whatever came and went (seeded)', () => {
    const seed = Date.now() % 1_000_000;
    const random = seededRandom(seed);
    const keys: (string | undefined)[] = [];
    const index = new SlotIndex((slot) => keys[slot] ?? '');
    const slots = new Map<string, number>();
    for (let step = 0; step < 20_000; step += 1) {
      // More come than go at first, later the other way round.
      const key = `team/service-${Math.floor(random() * 3_000)}`;
      const slot = slots.get(key);
      expect(index.find(key), `seed ${seed}, step ${step}`).to.equal(slot);
      const isGoing = random() < step / 20_000;
      if (slot === undefined && !isGoing) {
        const free = keys.indexOf(undefined);
        const place = free < 0 ? keys.length : free;
        keys[place] = key;
        index.add(key, place);
        slots.set(key, place);
      } else if (slot !== undefined && isGoing) {
        index.delete(key);
        keys[slot] = undefined;
        slots.delete(key);
      }
    }
    for (const [key, slot] of slots) expect(index.find(key), `seed ${seed}`).to.equal(slot);
  });

  it('takes it easy when a key is deleted that it does not have', () => {
    const index = new SlotIndex(() => 'a');
    index.add('a', 7);
    index.delete('b');
    expect(index.find('a')).to.equal(7);
  });
});
