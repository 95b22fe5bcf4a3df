import type { Sandbox, Step } from './contract.ts';

/** As often as the operator tries a script that is too slow before it gives up. */
const usualTries = 3;

/**
 * A sandbox that gives what passed `limits.timeout` another chance: on a machine that is busy, as one that runs tests
 * often is, the first to be late is seldom the script. What never ends is late each time.
 * @param tries as often each call is made at the most
 */
export function retryingSandbox(sandbox: Sandbox, tries = usualTries): Sandbox {
  return {
    checkParameters: (parameters, schema) => sandbox.checkParameters(parameters, schema),
    unload: (id) => sandbox.unload(id),
    load: async (program) => {
      let failure = await sandbox.load(program);
      for (let tried = 1; failure?.reason === 'timeout' && tried < tries; tried++) {
        failure = await sandbox.load(program);
      }
      return failure;
    },
    evaluate: async (calls) => {
      const answers = await sandbox.evaluate(calls);
      for (let tried = 1; tried < tries; tried++) {
        const late = calls.flatMap((call, index) => (isLate(answers[index]) ? [{ call, index }] : []));
        if (late.length === 0) break;
        const again = await sandbox.evaluate(late.map(({ call }) => call));
        for (const [place, { index }] of late.entries()) answers[index] = again[place] ?? [];
      }
      return answers;
    },
  };
}

function isLate(steps: readonly Step[] = []): boolean {
  return steps.some(({ answer }) => answer.result === 'error' && answer.failure.reason === 'timeout');
}
