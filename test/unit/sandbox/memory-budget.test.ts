import { expect } from 'chai';
import { BudgetShare, MemoryBudget, StateMemory } from '../../../operator/sandbox/engine/memory-budget.ts';
import { mebibyte } from './engine.ts';

const page = 65_536;

describe('The memory of all Lua states together', () => {
  let budget: MemoryBudget;
  beforeEach(() => {
    budget = new MemoryBudget(10 * page);
  });

  /** A thread's share, and its place. */
  function thread(): { place: number; share: BudgetShare } {
    const place = budget.enter();
    return { place, share: new BudgetShare(budget.shared, place) };
  }

  it('is one for all threads', () => {
    const [first, second] = [thread().share, thread().share];
    expect(first.take(6)).to.equal(true);
    expect(second.take(5)).to.equal(false);
    expect(second.take(4)).to.equal(true);
    expect(first.take(1)).to.equal(false);
    second.give(4);
    expect(first.take(4)).to.equal(true);
  });

  it('gets all back that a thread had once the thread is gone', () => {
    const [first, second] = [thread(), thread()];
    first.share.take(6);
    second.share.take(4);
    budget.leave(first.place);
    expect(second.share.take(6)).to.equal(true);
    expect(thread().share.take(1)).to.equal(false);
  });

  it('has no place for more threads than could ever be ending', () => {
    for (let i = 0; i < 256; i++) budget.enter();
    expect(() => budget.enter()).to.throw('have not ended');
  });

  it('lets a state grow by a step, or by less where there is no room for one', () => {
    const memory = new StateMemory(16 * mebibyte, thread().share);
    expect(memory.grow(0, page, 4 * page)).to.equal(4);
    expect(memory.grow(4 * page, 5 * page, 16 * page)).to.equal(1);
    expect(memory.grow(5 * page, 12 * page, 1)).to.equal(0);
    expect(memory.refusal).to.equal('budget');
    memory.forgive();
    expect(memory.refusal).to.equal(undefined);
  });

  it("does not lift a state's own limit", () => {
    const memory = new StateMemory(3 * page, thread().share);
    expect(memory.grow(page, 2 * page, 16 * page)).to.equal(2);
    expect(memory.grow(3 * page, 4 * page, 1)).to.equal(0);
    expect(memory.refusal).to.equal('limit');
  });

  it('gets back what a state had when it is released, once', () => {
    const { share } = thread();
    const [first, second] = [new StateMemory(mebibyte, share), new StateMemory(mebibyte, share)];
    first.grow(0, 6 * page, 1);
    second.grow(0, 4 * page, 1);
    first.release();
    first.release();
    expect(first.grow(0, page, 1)).to.equal(0);
    expect(share.take(7)).to.equal(false);
    expect(share.take(6)).to.equal(true);
  });
});
