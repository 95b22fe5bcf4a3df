import { expect } from 'chai';
import { oneAtATime } from '../../../operator/plugins/lifecycle/one-at-a-time.ts';
import { runTests } from '../../../operator/plugins/script/run-tests.ts';
import type { Call, Step } from '../../../operator/sandbox/contract.ts';
import { settle } from '../support/clock.ts';

/** Answers each call after so many seconds of it. */
function taking(seconds: number) {
  return {
    evaluate: (calls: readonly Call[]): Promise<Step[][]> =>
      Promise.resolve(calls.map(() => [{ program: 'p', answer: { result: 'skipped' }, seconds }])),
  };
}

const tests = ['a', 'b', 'c', 'd'].map((name) => ({ name, metadata: {}, expect: { skip: true as const } }));

describe("a plugin's tests", () => {
  it('take ten seconds in all, and the rest is not run then', async () => {
    const { report, wasStopped } = await runTests('p', tests, taking(6));
    expect(report).to.deep.equal({
      passed: 2,
      failed: 2,
      failures: ['c', 'd'].map((name) => ({
        name,
        message: 'not run: all tests together took more than 10 s',
      })),
    });
    expect(wasStopped).to.equal(true);
  });

  it('have their ten seconds for themselves, however busy the sandbox is', async () => {
    const { report } = await runTests('p', tests, taking(2));
    expect(report).to.include({ passed: 4, failed: 0 });
  });

  it('of several plugins take turns, one test at a time', async () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const sandbox = oneAtATime({
      evaluate: async (calls) => {
        asked.push(calls[0]?.programs[0] ?? '');
        await new Promise<void>((resolve) => answers.push(resolve));
        return taking(0).evaluate(calls);
      },
    });
    const done = Promise.all([
      runTests('p', tests.slice(0, 2), sandbox),
      runTests('q', tests.slice(0, 2), sandbox),
    ]);
    for (let turn = 1; turn <= 4; turn += 1) {
      await settle();
      expect(asked).to.have.length(turn);
      answers.at(-1)?.();
    }
    await done;
    expect(asked).to.deep.equal(['p', 'q', 'p', 'q']);
  });

  it('go on after one for which the sandbox gave up', async () => {
    let calls = 0;
    const sandbox = oneAtATime({
      evaluate: (asked) => {
        calls += 1;
        return calls === 1 ? Promise.reject(new Error('it was stopped')) : taking(0).evaluate(asked);
      },
    });
    const [first, second] = await Promise.allSettled([sandbox.evaluate([]), sandbox.evaluate([])]);
    expect([first.status, second.status]).to.deep.equal(['rejected', 'fulfilled']);
  });
});
