import type { TestCase, TestSummary } from '../api/generated.ts';
import type { Answer, Sandbox } from '../sandbox/contract.ts';

/** What a revision's `spec.tests` came to, as the status shows it; failures stand in the spec's order. */
export type TestReport = Required<TestSummary>;

/** As long as the schema allows a failure's message to be. */
const maxMessageLength = 1024;

/** Runs the tests of a loaded program in the sandbox, under its limits. */
export async function runTests(
  program: string,
  tests: readonly TestCase[],
  sandbox: Pick<Sandbox, 'evaluate'>,
): Promise<TestReport> {
  const calls = tests.map(({ metadata }) => ({ metadata: JSON.stringify(metadata), programs: [program] }));
  const answers = await sandbox.evaluate(calls);
  const failures = tests.flatMap(({ name, expect }, index) => {
    const answer = answers[index]?.[0]?.answer;
    if (answer !== undefined && meets(answer, expect)) return [];
    const message = `expected ${expected(expect)}, got ${answer === undefined ? 'no answer' : got(answer)}`;
    return [{ name, message: message.slice(0, maxMessageLength) }];
  });
  return { passed: tests.length - failures.length, failed: failures.length, failures };
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
