import { expect } from 'chai';
import { Delays } from '../../../operator/kube/delays.ts';
import { Fifo } from '../../../operator/kube/fifo.ts';
import { seededRandom } from '../support/random.ts';

describe('Fifo', () => {
  it('gives keys in order, without those that were taken out', () => {
    const fifo = new Fifo();
    for (const key of ['a', 'b', 'c', 'd']) fifo.push(key);
    fifo.delete('b');
    expect([fifo.shift(), fifo.shift()]).to.deep.equal(['a', 'c']);
    fifo.push('a');
    expect([fifo.shift(), fifo.shift(), fifo.shift()]).to.deep.equal(['d', 'a', undefined]);
    fifo.push('e');
    expect(fifo.shift()).to.equal('e');
  });

  it('tells which keys come next, and leaves them where they are', () => {
    const fifo = new Fifo();
    for (const key of ['a', 'b', 'c']) fifo.push(key);
    expect(fifo.first(2)).to.deep.equal(['a', 'b']);
    fifo.delete('b');
    fifo.push('d');
    expect(fifo.first(5)).to.deep.equal(['a', 'c', 'd']);
    expect([fifo.shift(), fifo.shift()]).to.deep.equal(['a', 'c']);
    expect(fifo.first(1)).to.deep.equal(['d']);
    fifo.shift();
    expect(fifo.first(1)).to.deep.equal([]);
    fifo.push('e');
    expect(fifo.first(1)).to.deep.equal(['e']);
  });

  it('agrees with an array, whatever is done to it', () => {
    const random = seededRandom(7);
    const fifo = new Fifo();
    let model: string[] = [];
    for (let step = 0; step < 20_000; step++) {
      const key = `k${Math.floor(random() * 200)}`;
      const dice = random();
      if (dice < 0.5) {
        fifo.push(key);
        if (!model.includes(key)) model.push(key);
      } else if (dice < 0.7) {
        fifo.delete(key);
        model = model.filter((other) => other !== key);
      } else {
        expect(fifo.shift()).to.equal(model.shift());
      }
      if (dice < 0.1) expect(model).to.include.members(fifo.first(5));
      expect(fifo.size).to.equal(model.length);
    }
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
