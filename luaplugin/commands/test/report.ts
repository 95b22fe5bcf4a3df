import { linesOf, printable } from '../../output/printable.ts';
import { formatTable } from '../../output/table.ts';
import { formatSeconds } from '../../output/time.ts';
import { formatDiagnostic } from '../../program/errors.ts';
import { countTests, type Outcome, type PluginResult, type TestResult } from './plugin-result.ts';

/** The results for a person: a table of the plugins, what is wrong with each failed test, and the sum. */
export function testReport(results: readonly PluginResult[], seconds: number): string {
  const rows = results.map((result) => {
    const { passed, failed } = countTests([result]);
    return [failed > 0 ? 'FAIL' : 'ok', result.plugin, String(passed), String(failed), result.file];
  });
  const table = formatTable(['RESULT', 'PLUGIN', 'PASSED', 'FAILED', 'FILE'], rows);
  const failures = results.flatMap(failuresOf).map((lines) => `\n${lines.map(printable).join('\n')}\n`);
  const { passed, failed } = countTests(results);
  const plugins = results.length === 1 ? '1 plugin' : `${results.length} plugins`;
  return `${table}${failures.join('')}\n${plugins}: ${passed} passed, ${failed} failed (${formatSeconds(seconds)})\n`;
}

function failuresOf(result: PluginResult): string[][] {
  if (result.error !== undefined)
    return [[`FAIL ${result.plugin}: it can't be loaded`, formatDiagnostic(result.error)]];
  return result.tests
    .filter(({ passed }) => !passed)
    .map((test) => [`FAIL ${result.plugin}: ${test.name}`, ...explanation(test)]);
}

/** What is wrong with a failed test: the place, the diff, where the script failed, and what it printed. */
export function explanation({ file, line, expected, got, error, output = '' }: TestResult): string[] {
  const printed = linesOf(output).map((text) => `  | ${text}`);
  return [
    `${file}:${line}: expected -, got +`,
    ...(got === undefined ? [] : diff(expected, got)).map((text) => `  ${text}`),
    ...(error === undefined ? [] : [formatDiagnostic(error)]),
    ...(printed.length === 0 ? [] : ['it printed:', ...printed]),
  ];
}

/** The lines of an outcome, as YAML has them under `expect`. */
export function outcomeLines(outcome: Outcome): string[] {
  // Quoted is what would not be plain text in YAML, or what a reader could take for something else.
  return Object.entries(outcome).map(
    ([field, value]) =>
      `${field}: ${/^[A-Za-z][\w./-]*$/.test(String(value)) ? value : JSON.stringify(value)}`,
  );
}

/** Both outcomes as a diff: `- ` was expected, `+ ` came, two spaces are in both. */
export function diff(expected: Outcome, got: Outcome): string[] {
  const before = outcomeLines(expected);
  const after = outcomeLines(got);
  return [
    ...before.filter((line) => after.includes(line)).map((line) => `  ${line}`),
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}
