import { expect } from 'chai';
import { Delays } from '../../../operator/kube/delays.ts';
import { FairQueue, type Waiting } from '../../../operator/kube/fair-queue.ts';
import { seededRandom } from '../support/random.ts';

function waiting(key: string): Waiting {
  return { key, priority: 0, flow: undefined, before: undefined, after: undefined };
}

/** All that is in it, in the order in which it comes out. */
function drain(queue: FairQueue): string[] {
  const keys: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) keys.push(item.key);
  return keys;
}

describe('FairQueue', () => {
  let queue: FairQueue;
  const push = (key: string, priority = 0, flow = '') => {
    const item = waiting(key);
    queue.push(item, priority, flow);
    return item;
  };

  beforeEach(() => {
    queue = new FairQueue();
  });

  it('gives keys of one flow in order, without those that were taken out', () => {
    const [, b] = ['a', 'b', 'c', 'd'].map((key) => push(key));
    if (b !== undefined) queue.delete(b);
    push('e');
    expect(queue.size).to.equal(4);
    expect(drain(queue)).to.deep.equal(['a', 'c', 'd', 'e']);
    expect(queue.size).to.equal(0);
  });

  it('lets flows take turns, so that a new one waits for one of each other at the most', () => {
    for (let index = 0; index < 1_000; index++) push(`flood-${index}`, 1, 'flood');
    for (let index = 0; index < 3; index++) queue.shift();
    push('calm-0', 1, 'calm');
    push('other-0', 1, 'other');
    push('calm-1', 1, 'calm');
    expect(drain(queue).slice(0, 6)).to.deep.equal([
      'flood-3',
      'calm-0',
      'other-0',
      'flood-4',
      'calm-1',
      'flood-5',
    ]);
  });

  it('gives a lower priority every fifth turn, whatever waits above it', () => {
    for (let index = 0; index < 100; index++) push(`sweep-${index}`);
    const taken: (string | undefined)[] = [];
    // Never more than one waits above: that the upper priority runs empty must not reset its turns.
    for (let index = 0; index < 25; index++) {
      push(`new-${index}`, 1);
      taken.push(queue.shift()?.key);
    }
    expect(taken.filter((key) => key?.startsWith('sweep'))).to.deep.equal([
      'sweep-0',
      'sweep-1',
      'sweep-2',
      'sweep-3',
      'sweep-4',
    ]);
  });

  it('agrees with the plain rule, and knows what comes next, whatever is done to it', () => {
    const random = seededRandom(7);
    const pick = (count: number) => Math.floor(random() * count);
    const inside = new Map<string, Waiting>();
    for (let step = 0; step < 20_000; step++) {
      const key = `k${pick(200)}`;
      const item = inside.get(key);
      const dice = random();
      if (dice < 0.5) {
        if (item === undefined) inside.set(key, push(key, pick(3), `flow-${pick(5)}`));
      } else if (dice < 0.7) {
        if (item !== undefined) queue.delete(item);
        inside.delete(key);
      } else {
        const expected = queue.first(5);
        const next = queue.shift();
        expect(next?.key).to.equal(expected[0]);
        expect(queue.first(4), 'the rest stays what it was').to.deep.equal(expected.slice(1));
        if (next !== undefined) inside.delete(next.key);
      }
      expect(queue.size).to.equal(inside.size);
    }
    expect(drain(queue).sort()).to.deep.equal([...inside.keys()].sort());
  });

  it('takes as long for a hundred thousand keys of as many flows as for few', () => {
    const timeOf = (keys: number) => {
      const startedAt = performance.now();
      for (let round = 0; round < 100_000 / keys; round++) {
        for (let index = 0; index < keys; index++) push(`k${index}`, index % 2, `flow-${index}`);
        while (queue.shift() !== undefined);
      }
      return performance.now() - startedAt;
    };
    timeOf(1_000);
    expect(timeOf(100_000)).to.be.below(50 * timeOf(1_000) + 500);
  });
});

describe('Delays', () => {
  it('gives each key once, at its earliest time, in order', () => {
    const random = seededRandom(11);
    const delays = new Delays();
    const model = new Map<string, number>();
    for (let step = 0; step < 5_000; step++) {
      const key = `k${Math.floor(random() * 300)}`;
      if (random() < 0.3) {
        delays.delete(key);
        model.delete(key);
      } else {
        const dueAt = Math.floor(random() * 1_000);
        delays.add(key, dueAt);
        model.set(key, Math.min(dueAt, model.get(key) ?? dueAt));
      }
    }
    expect(delays.size).to.equal(model.size);
    for (let now = 0; now <= 1_000; now += 50) {
      const due = [...model].filter(([, dueAt]) => dueAt <= now).map(([key]) => key);
      for (const key of due) model.delete(key);
      expect(delays.takeDue(now).sort()).to.deep.equal(due.sort());
    }
    expect(delays.size).to.equal(0);
    expect(delays.nextDueAt).to.equal(undefined);
  });
});
