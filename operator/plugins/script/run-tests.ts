import type { TestCase, TestFailure, TestSummary } from '../../api/generated.ts';
import { goJson } from '../../api/go-json.ts';
import type { Answer, FailureReason, Sandbox, Step } from '../../sandbox/contract.ts';

/** What a revision's `spec.tests` came to, as the status shows it; failures stand in the spec's order. */
export type TestReport = Required<TestSummary>;

/** A report, and whether a test had to be stopped: the machine may have been busy. */
export interface TestOutcome {
  readonly report: TestReport;
  readonly wasStopped: boolean;
}

/** As long as the schema allows a failure's message to be. */
const maxMessageLength = 1024;

/** One test that was run. */
export interface TestRun {
  readonly test: TestCase;
  readonly passed: boolean;
  /** What the program said; undefined when it was not asked. */
  readonly step: Step | undefined;
}

/**
 * All tests of a plugin take so many seconds at the most, or the rest is not run. The time in their calls counts: that
 * the sandbox is busy with other plugins is not this one's fault.
 */
const testsSeconds = 10;

/**
 * Runs the tests of a loaded program in the sandbox, under its limits, and sums them up. One after the other, and none
 * after one that had to be stopped: Pods and other plugins wait for the same sandbox.
 */
export async function runTests(
  program: string,
  tests: readonly TestCase[],
  sandbox: Pick<Sandbox, 'evaluate'>,
): Promise<TestOutcome> {
  let seconds = 0;
  const failures: TestFailure[] = [];
  let stopped: string | undefined;
  for (const test of tests) {
    if (stopped === undefined && seconds > testsSeconds)
      stopped = `all tests together took more than ${testsSeconds} s`;
    const message = stopped === undefined ? await runOne(test) : `not run: ${stopped}`;
    if (message !== undefined)
      failures.push({ name: test.name, message: message.slice(0, maxMessageLength) });
  }
  const report = { passed: tests.length - failures.length, failed: failures.length, failures };
  return { report, wasStopped: stopped !== undefined };

  async function runOne(test: TestCase): Promise<string | undefined> {
    const [run] = await runEachTest(program, [test], sandbox);
    seconds += run?.step?.seconds ?? 0;
    const answer = run?.step?.answer;
    if (answer?.result === 'error' && stopping.has(answer.failure.reason)) {
      stopped = `the test "${test.name}" had to be stopped`;
    }
    if (run?.passed) return undefined;
    return `expected ${expected(test.expect)}, got ${answer === undefined ? 'no answer' : got(answer)}`;
  }
}

/** Failures that cost the sandbox a Worker. */
const stopping: ReadonlySet<FailureReason> = new Set(['timeout', 'crash']);

/**
 * Runs the tests of a loaded program in the sandbox, under its limits.
 * @param output whether the steps bring back what the program prints
 * @returns one run for each test, in their order
 */
export async function runEachTest(
  program: string,
  tests: readonly TestCase[],
  sandbox: Pick<Sandbox, 'evaluate'>,
  output = false,
): Promise<TestRun[]> {
  const answers = await sandbox.evaluate(
    tests.map(({ metadata }) => ({ metadata: goJson(metadata), programs: [program], output })),
  );
  return tests.map((test, index) => {
    const step = answers[index]?.[0];
    return { test, passed: step !== undefined && meets(step.answer, test.expect), step };
  });
}

type Expectation = TestCase['expect'];

function meets(answer: Answer, expect: Expectation): boolean {
  if ('error' in expect) return answer.result === 'error' && answer.failure.message.includes(expect.error);
  if ('skip' in expect) return answer.result === 'skipped';
  return answer.result === 'resolved' && answer.type === expect.type && answer.name === expect.name;
}

function expected(expect: Expectation): string {
  if ('error' in expect) return `an error with "${expect.error}"`;
  return 'skip' in expect ? 'skip' : `${expect.type} "${expect.name}"`;
}

function got(answer: Answer): string {
  switch (answer.result) {
    case 'resolved':
      return `${answer.type} "${answer.name}"`;
    case 'skipped':
      return 'skip';
    case 'error':
      return `an error (${answer.failure.reason}): ${answer.failure.message}`;
  }
}
