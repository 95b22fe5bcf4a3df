import { expect } from 'chai';
import type { Answer, Failure, Program } from '../../../operator/sandbox/contract.ts';
import { retryingSandbox } from '../../../operator/sandbox/retrying-sandbox.ts';
import { failing, resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

const program: Program = {
  id: 'p',
  plugin: 'p',
  script: 's',
  limits: { timeoutMs: 50, memoryBytes: 2 ** 24 },
};
const late: Failure = { reason: 'timeout', message: 'p: took longer than its limit of 50 ms' };

/** Gives one answer after the other, the last one for ever. */
function scripted(...answers: Answer[]): ScriptedSandbox {
  const sandbox = new ScriptedSandbox();
  sandbox.loaded.set('p', program);
  sandbox.answers.set(
    's',
    () => (answers.length > 1 ? answers.shift() : answers[0]) ?? { result: 'skipped' },
  );
  return sandbox;
}

/** Fails to load as often as there are failures. */
class SlowToLoad extends ScriptedSandbox {
  readonly failing: Failure[];
  tries = 0;

  constructor(...failing: Failure[]) {
    super();
    this.failing = failing;
  }

  override load(loaded: Program): Promise<Failure | undefined> {
    this.tries++;
    const failure = this.failing.shift();
    return failure === undefined ? super.load(loaded) : Promise.resolve(failure);
  }
}

const call = { metadata: '{}', programs: ['p'] };

describe('a sandbox on a busy machine', () => {
  it('asks again where a call was late, and only there', async () => {
    const sandbox = scripted(resolved('Job', 'a'), failing(late), failing(late), resolved('Job', 'b'));
    const answers = await retryingSandbox(sandbox).evaluate([call, call]);
    expect(answers.map(([step]) => step?.answer)).to.deep.equal([resolved('Job', 'a'), resolved('Job', 'b')]);
    expect(sandbox.calls).to.have.length(4);
  });

  it('gives up after three tries', async () => {
    const sandbox = scripted(failing(late));
    const [[step] = []] = await retryingSandbox(sandbox).evaluate([call]);
    expect(step?.answer).to.deep.equal(failing(late));
    expect(sandbox.calls).to.have.length(3);
  });

  it('takes any other error as it comes', async () => {
    const sandbox = scripted(failing({ reason: 'runtime', message: 'boom' }));
    await retryingSandbox(sandbox).evaluate([call]);
    expect(sandbox.calls).to.have.length(1);
  });

  it('tries a load that was late again, three times at most', async () => {
    const [twice, always] = [new SlowToLoad(late, late), new SlowToLoad(late, late, late, late)];
    expect(await retryingSandbox(twice).load(program)).to.equal(undefined);
    expect(await retryingSandbox(always).load(program)).to.equal(late);
    expect(always.tries).to.equal(3);
  });

  it('tries a script that does not compile once', async () => {
    const sandbox = new SlowToLoad({ reason: 'compile', message: 'no' });
    expect(await retryingSandbox(sandbox).load(program)).to.deep.equal({ reason: 'compile', message: 'no' });
    expect(sandbox.tries).to.equal(1);
  });
});
