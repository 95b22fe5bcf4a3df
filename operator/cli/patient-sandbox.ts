import type { Sandbox, Step } from '../sandbox/contract.ts';

/** As often as the operator tries a script that is too slow before it gives up. */
const tries = 3;

/**
 * A sandbox that gives what passed `limits.timeout` another chance: on a machine that is busy, as one that runs tests
 * often is, the first to be late is seldom the script. What never ends is late each time.
 */
export function patientSandbox(sandbox: Sandbox): Sandbox {
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

function isLate(steps: readonly Step[] | undefined): boolean {
  const answer = steps?.at(-1)?.answer;
  return answer?.result === 'error' && answer.failure.reason === 'timeout';
}
