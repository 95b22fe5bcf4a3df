import { expect } from 'chai';
import { BudgetShare, MemoryBudget } from '../../../operator/sandbox/engine/memory-budget.ts';
import { LoadedProgram } from '../../../operator/sandbox/worker/loaded-program.ts';
import { mebibyte, parts } from './engine.ts';

const budgetBytes = 16 * mebibyte;
const usedUp = "test: the sandbox's memory for all plugins together is used up";

describe('A program and the memory of all programs together', () => {
  let share: BudgetShare;
  let now: number;
  beforeEach(() => {
    const budget = new MemoryBudget(budgetBytes);
    share = new BudgetShare(budget.shared, budget.enter());
    now = 0;
  });

  function program(script: string, memoryMiB = 64): LoadedProgram {
    const limits = { timeoutMs: 1000, memoryBytes: memoryMiB * mebibyte };
    const definition = { id: 'test@1', plugin: 'test', script, limits };
    return new LoadedProgram(definition, {
      ...parts,
      budget: share,
      allowedTypes: undefined,
      now: () => now,
    });
  }

  function ask(loaded: LoadedProgram, text = '') {
    return loaded.ask(Buffer.from(text), 0, text.length, false);
  }

  function failureOf(loaded: LoadedProgram, text = '') {
    const answer = ask(loaded, text);
    return answer.result === 'error' ? answer.failure : undefined;
  }

  /** How much of the budget is free, in pages. */
  function free(): number {
    let pages = budgetBytes / 65_536;
    while (pages > 0 && !share.take(pages)) pages--;
    share.give(pages);
    return pages;
  }

  const all = budgetBytes / 65_536;
  const hoard = (mib: number) => `kept = ("x"):rep(${mib * mebibyte}) `;
  const call = (body: string) => `function GetWorkloadTypeAndName(text) ${body} end`;

  it('fails with reason memory, in words of its own, when it finds it used up while it is loaded', () => {
    expect(program(hoard(20) + call('')).load()).to.deep.equal({ reason: 'memory', message: usedUp });
    expect(program(hoard(20) + call(''), 16).load())
      .to.include({ reason: 'memory' })
      .and.not.include({
        message: usedUp,
      });
    expect(free()).to.equal(all);
  });

  it('says so, too, when there is not even room for its parameters', () => {
    share.take(all);
    const limits = { timeoutMs: 1000, memoryBytes: 64 * mebibyte };
    const parameters = { text: 'x'.repeat(2 * mebibyte) };
    const definition = { id: 'test@1', plugin: 'test', script: call(''), limits, parameters };
    const loaded = new LoadedProgram(definition, {
      ...parts,
      budget: share,
      allowedTypes: undefined,
      now: () => 0,
    });
    expect(loaded.load()).to.deep.equal({ reason: 'memory', message: usedUp });
  });

  it('gives its memory back whichever way its state ends', () => {
    const ways: Record<string, (hoarder: string) => void> = {
      'a script that raises': (hoarder) => program(`${hoarder} error("no")`).load(),
      'a script that does not define its function': (hoarder) => program(hoarder).load(),
      'a call that passes its limit': (hoarder) => {
        const loaded = program(hoarder + call('local s = ("y"):rep(2^24)'), 7);
        expect(loaded.load()).to.equal(undefined);
        expect(free()).to.be.below(all);
        expect(failureOf(loaded)?.message).to.not.equal(usedUp);
      },
      'a program that is forgotten': (hoarder) => {
        const loaded = program(hoarder + call(''));
        expect(loaded.load()).to.equal(undefined);
        expect(free()).to.be.below(all);
        loaded.drop();
        loaded.drop();
      },
    };
    for (const [way, end] of Object.entries(ways)) {
      end(hoard(2));
      expect(free(), way).to.equal(all);
    }
  });

  it('goes on with what it has when it needs more for one Pod only', () => {
    const loaded = program(
      `${hoard(2)} ${call('if text == "big" then local s = text:rep(2^23) end return "Job", "a"')}`,
    );
    expect(ask(loaded)).to.include({ result: 'resolved' });
    const before = free();
    for (let i = 0; i < 3; i++) {
      expect(failureOf(loaded, 'big')).to.deep.equal({ reason: 'memory', message: usedUp });
      expect(ask(loaded)).to.include({ result: 'resolved' });
    }
    expect(before - free()).to.be.below(all);
    expect(all - free()).to.be.at.least((2 * mebibyte) / 65_536);
  });

  it('starts afresh, and leaves the memory to others, when it keeps needing more than there is', () => {
    const loaded = program(call('if text == "big" then local s = ("x"):rep(2^25) end return "Job", "a"'));
    expect(failureOf(loaded, 'big')?.message).to.equal(usedUp);
    expect(failureOf(loaded, 'big')?.message).to.equal(usedUp);
    expect(free()).to.equal(all);
    expect(ask(loaded)).to.include({ result: 'resolved' });
  });

  it('counts what its top level leaves twice: in the state, and in the image that calls begin from', () => {
    const loaded = program(hoard(1) + call('return "Job", "a"'));
    expect(loaded.load()).to.equal(undefined);
    expect(all - free()).to.be.at.least((2 * mebibyte) / 65_536);
    const tooLarge = program(hoard(5) + call('return "Job", "a"'));
    expect(tooLarge.load()).to.deep.equal({ reason: 'memory', message: usedUp });
  });

  it('is loaded again after ten seconds when it did not load for want of memory, and not before', () => {
    share.take(all);
    const loaded = program(hoard(3) + call('return "Job", "a"'));
    expect(failureOf(loaded)?.message).to.equal(usedUp);
    share.give(all);
    now = 9_999;
    expect(failureOf(loaded)?.message).to.equal(usedUp);
    now = 10_000;
    expect(ask(loaded)).to.include({ result: 'resolved' });
  });
});
