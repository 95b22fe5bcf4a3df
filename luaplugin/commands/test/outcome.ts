import type { TestCase } from '../../../operator/api/generated.ts';
import type { Answer } from '../../../operator/sandbox/contract.ts';

/** What a test expects, or what came, in the words of `expect`. */
export type Outcome = TestCase['expect'];

/** An answer as somebody would expect it in a test. */
export function outcomeOfAnswer(answer: Answer): Outcome {
  switch (answer.result) {
    case 'resolved':
      return { type: answer.type, name: answer.name };
    case 'skipped':
      return { skip: true };
    case 'error':
      return { error: answer.failure.message };
  }
}

/** The lines of an outcome, as YAML has them under `expect`. */
export function outcomeLines(outcome: Outcome): string[] {
  return Object.entries(outcome).map(
    ([field, value]) => `${field}: ${typeof value === 'string' ? quoted(value) : value}`,
  );
}

/** Quotes what would not be plain text in YAML, or what a reader could take for something else. */
function quoted(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}

/** Both outcomes as a diff: `- ` was expected, `+ ` came, two spaces are in both. */
export function diff(expected: Outcome, got: Outcome): string[] {
  const before = outcomeLines(expected);
  const after = outcomeLines(got);
  const same = before.filter((line) => after.includes(line));
  return [
    ...same.map((line) => `  ${line}`),
    ...before.filter((line) => !same.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !same.includes(line)).map((line) => `+ ${line}`),
  ];
}
