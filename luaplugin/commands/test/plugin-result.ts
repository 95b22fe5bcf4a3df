import type { TestCase } from '../../../operator/api/generated.ts';
import { runEachTest, type TestRun } from '../../../operator/plugins/script/run-tests.ts';
import type { Answer, Sandbox } from '../../../operator/sandbox/contract.ts';
import { retryingSandbox } from '../../../operator/sandbox/retrying-sandbox.ts';
import type { LocatedPlugin } from '../../input/valid-plugin.ts';
import type { Diagnostic } from '../../program/errors.ts';
import { loadPlugin } from '../../sandbox.ts';

/** What a test expects, or what came, in the words of `expect`. */
export type Outcome = TestCase['expect'];

/** An answer as somebody would expect it in a test. */
function outcomeOfAnswer(answer: Answer): Outcome {
  if (answer.result === 'resolved') return { type: answer.type, name: answer.name };
  return answer.result === 'skipped' ? { skip: true } : { error: answer.failure.message };
}

/** One test that was run. */
export interface TestResult {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly passed: boolean;
  readonly expected: Outcome;
  /** Absent when the script could not be loaded. */
  readonly got?: Outcome;
  /** Where the script failed, if it did. */
  readonly error?: { readonly reason: string } & Diagnostic;
  /** How long the call took. */
  readonly seconds: number;
  /** What the script printed, at most 4096 bytes. */
  readonly output?: string;
}

/** A plugin whose tests were run. */
export interface PluginResult {
  readonly plugin: string;
  readonly file: string;
  readonly line: number;
  /** Why the plugin can't be loaded; all of its tests count as failed then. */
  readonly error?: Diagnostic;
  readonly tests: readonly TestResult[];
}

/** Loads a plugin, runs its tests, and unloads it. @param id names it among all that are loaded */
export async function testPlugin(
  located: LocatedPlugin,
  id: string,
  sandbox: Sandbox,
): Promise<PluginResult> {
  const { file, line, plugin } = located;
  const { tests = [] } = plugin.spec;
  const about = { plugin: plugin.metadata.name, file, line };
  const lineOf = (index: number) => located.lineOf(['spec', 'tests', String(index)]);
  const program = await loadPlugin(located, id, sandbox);
  if ('message' in program) {
    const failed = { file, passed: false, seconds: 0 };
    return {
      ...about,
      error: program,
      tests: tests.map(({ name, expect: expected }, index) => ({
        name,
        line: lineOf(index),
        expected,
        ...failed,
      })),
    };
  }
  const runs = await runEachTest(program.id, tests, retryingSandbox(sandbox), true);
  sandbox.unload(program.id);
  return { ...about, tests: runs.map((run, index) => resultOf(run, lineOf(index), located)) };
}

function resultOf({ test, passed, step }: TestRun, line: number, located: LocatedPlugin): TestResult {
  const { name, expect: expected } = test;
  const result = { name, file: located.file, line, passed, expected, seconds: step?.seconds ?? 0 };
  if (step === undefined) return result;
  const { answer, output } = step;
  const printed = output ? { output } : {};
  const got = outcomeOfAnswer(answer);
  if (answer.result !== 'error') return { ...result, got, ...printed };
  const error = { reason: answer.failure.reason, ...located.diagnosticOf(answer.failure) };
  return { ...result, got, error, ...printed };
}

/** How many tests passed and failed; a plugin without tests that can't be loaded counts as one that failed. */
export function countTests(results: readonly PluginResult[]): {
  readonly passed: number;
  readonly failed: number;
} {
  const tests = results.flatMap((result) => result.tests);
  const passed = tests.filter((test) => test.passed).length;
  const broken = results.filter(({ error, tests: own }) => error !== undefined && own.length === 0).length;
  return { passed, failed: tests.length - passed + broken };
}
