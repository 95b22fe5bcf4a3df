import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';

describe('eventually', () => {
  it('returns the first answer that is there', async () => {
    const answers = [undefined, false, null, 0, 1];

    expect(await eventually('a number', () => answers.shift())).to.equal(0);
  });

  it('asks again after an exception', async () => {
    let asked = 0;
    const ask = () => {
      asked++;
      if (asked < 3) throw new Error('not yet');
      return 'there';
    };

    expect(await eventually('an answer', ask)).to.equal('there');
  });

  it('names what it waited for, and the last answer, when it gives up', async () => {
    expect(await failure(() => false)).to.equal('waited 1 ms for the end; the last answer was false');
  });

  it('names the last error when it gives up', async () => {
    const ask = () => Promise.reject(new Error('connection refused'));

    expect(await failure(ask)).to.equal('waited 1 ms for the end; the last error was: connection refused');
  });
});

function failure(ask: () => unknown): Promise<string> {
  return eventually('the end', ask, { timeoutMs: 1 }).then(
    () => 'it did not give up',
    (error: Error) => error.message,
  );
}
