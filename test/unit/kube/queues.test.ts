import { expect } from 'chai';
import { Delays } from '../../../operator/kube/queue/delays.ts';
import { FairQueue, type Waiting } from '../../../operator/kube/queue/fair-queue.ts';
import { Places } from '../../../operator/kube/queue/places.ts';
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

describe('FairQueue with places', () => {
  let queue: FairQueue;
  /** Those that were taken and are not done, by flow. */
  let out: Map<string, Waiting[]>;

  const make = (places: number) => {
    queue = new FairQueue(new Places(places));
    out = new Map();
  };
  const push = (flow: string, count: number, priority = 0) => {
    for (let index = 0; index < count; index++) queue.push(waiting(`${flow}/${index}`), priority, flow);
  };
  /** Takes all that may go. @returns their flows */
  const take = () => {
    const flows: string[] = [];
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      const [flow = ''] = item.key.split('/');
      out.set(flow, [...(out.get(flow) ?? []), item]);
      flows.push(flow);
    }
    return flows;
  };
  const held = (flow: string) => out.get(flow)?.length ?? 0;
  const finish = (flow: string) => {
    const item = out.get(flow)?.shift();
    if (item === undefined) throw new Error(`nothing of ${flow} is out`);
    queue.done(item);
  };

  it('gives a flow alone two thirds of them, so that another that comes goes at once', () => {
    for (const [places, most] of [
      [64, 43],
      [16, 11],
      [4, 3],
      [2, 2],
      [1, 1],
    ] as const) {
      make(places);
      push('slow', 2_000);
      take();
      expect(held('slow'), `of ${places}`).to.equal(most);
    }
    make(16);
    push('slow', 2_000);
    take();
    push('fast', 2_000);
    expect(take(), 'at once').to.have.length.above(2);
    for (let turn = 0; turn < 500; turn++) {
      finish('fast');
      take();
    }
    expect(held('fast'), 'still, though slow came first and never ends').to.be.above(2);
  });

  it('evens out what flows that want any number have', () => {
    make(64);
    push('first', 5_000);
    take();
    push('second', 5_000);
    for (let turn = 0; turn < 500; turn++) {
      take();
      finish(turn % 2 === 0 ? 'first' : 'second');
    }
    take();
    expect([held('first'), held('second')]).to.deep.equal([26, 26]);
  });

  it('leaves some to others when up to 31 flows of 64 places, or 7 of 16, give none back', () => {
    for (const [places, slow] of [
      [64, 31],
      [16, 7],
    ] as const) {
      make(places);
      for (let flow = 0; flow < slow; flow++) push(`slow-${flow}`, 100);
      take();
      push('fast', 100);
      for (let turn = 0; turn < 100; turn++) {
        expect(take()).to.include('fast');
        finish('fast');
      }
    }
  });

  it('uses all of them when enough flows wait', () => {
    make(64);
    for (let flow = 0; flow < 64; flow++) push(`flow-${flow}`, 10);
    expect(take()).to.have.length(64);
  });

  it('lets a flow that has enough pass its turn in each priority, and take it first once it has less', () => {
    make(4);
    push('new', 10, 1);
    expect(take()).to.deep.equal(['new', 'new', 'new']);
    push('sweep', 1);
    push('new', 10);
    expect(take()).to.deep.equal(['sweep']);
    push('late', 10, 1);
    finish('new');
    finish('new');
    expect(take()).to.deep.equal(['new', 'late']);
  });

  it('gives a flow of a lower priority a fifth of the places, while another wants any number above it', () => {
    make(64);
    push('sweep', 1_000);
    take();
    push('new', 1_000, 1);
    for (let turn = 0; turn < 300; turn++) {
      take();
      finish(turn % 2 === 0 && held('sweep') > 0 ? 'sweep' : 'new');
    }
    take();
    expect(held('new')).to.be.within(35, 38);
    expect(held('sweep')).to.be.within(8, 11);
  });

  it('gives a lower priority every fifth turn that another may have', () => {
    make(1);
    push('new', 100, 1);
    push('sweep', 100);
    const flows: string[] = [];
    for (let turn = 0; turn < 25; turn++) {
      const taken = take();
      flows.push(...taken);
      for (const flow of taken) finish(flow);
    }
    expect(flows.filter((flow) => flow === 'sweep')).to.have.length(5);
  });

  it('knows what comes next, and forgets no place, whatever is done to it', () => {
    const random = seededRandom(5);
    const pick = (count: number) => Math.floor(random() * count);
    make(8);
    const inside = new Set<Waiting>();
    const taken = new Set<Waiting>();
    const anyOf = (items: Set<Waiting>) => [...items][pick(items.size)];
    for (let step = 0; step < 20_000; step++) {
      const dice = random();
      if (dice < 0.3) {
        const item = waiting(`k${step}`);
        queue.push(item, pick(3), `flow-${pick(5)}`);
        inside.add(item);
      } else if (dice < 0.5) {
        const item = anyOf(inside);
        if (item !== undefined) queue.delete(item);
        if (item !== undefined) inside.delete(item);
      } else if (dice < 0.75) {
        const item = anyOf(taken);
        if (item !== undefined) queue.done(item);
        if (item !== undefined) taken.delete(item);
      } else {
        const [expected] = queue.first(1);
        const next = queue.shift();
        if (next === undefined) continue;
        expect(next.key).to.equal(expected);
        inside.delete(next);
        taken.add(next);
      }
      expect(queue.size).to.equal(inside.size);
      if (step % 100 === 0) expect(new Set(queue.first(20_000)).size, 'all that wait').to.equal(inside.size);
      expect(taken.size).to.be.at.most(8);
    }
    for (const item of taken) queue.done(item);
    push('alone', 100);
    for (const item of inside) queue.delete(item);
    expect(take(), 'as of a new one with 8 places').to.have.length(6);
  });

  it('names what waits of a flow that has enough, too, after the others', () => {
    make(4);
    push('slow', 5);
    take();
    push('fast', 2);
    expect(queue.first(3)).to.deep.equal(['fast/0', 'fast/1', 'slow/3']);
  });

  it('takes as long for 5,000 flows of a hundred thousand keys as for few, while many have enough', () => {
    const timeOf = (keys: number, flows: number) => {
      const startedAt = performance.now();
      for (let round = 0; round < 100_000 / keys; round++) {
        make(64);
        push('slow', 100);
        take();
        for (let index = 0; index < keys; index++) {
          queue.push(waiting(`k${index}`), index % 2, `flow-${index % flows}`);
        }
        for (let index = 0; index < keys; index++) {
          queue.first(1);
          const item = queue.shift();
          if (item !== undefined) queue.done(item);
        }
      }
      return performance.now() - startedAt;
    };
    timeOf(1_000, 50);
    expect(timeOf(100_000, 5_000)).to.be.below(20 * timeOf(1_000, 50) + 500);
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
