import type { Sandbox } from '../../sandbox/contract.ts';

type Evaluates = Pick<Sandbox, 'evaluate'>;

/** The same sandbox, which is asked the next thing when it has answered the last; in the order of the calls. */
export function oneAtATime(sandbox: Evaluates): Evaluates {
  let last: Promise<unknown> = Promise.resolve();
  return {
    evaluate: (calls) => {
      const answer = last.then(() => sandbox.evaluate(calls));
      last = answer.catch(() => {}); // whoever asked hears of it
      return answer;
    },
  };
}
