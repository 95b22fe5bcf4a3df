import { formatSeconds } from '../../output/duration.ts';
import { printable } from '../../output/printable.ts';
import { formatTable } from '../../output/table.ts';
import { formatFinding } from '../../program/finding.ts';
import { diff } from './outcome.ts';
import { countTests, type PluginResult, type TestResult } from './plugin-result.ts';

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
    return [[`FAIL ${result.plugin}: it can't be loaded`, formatFinding(result.error)]];
  return result.tests
    .filter(({ passed }) => !passed)
    .map((test) => [`FAIL ${result.plugin}: ${test.name}`, ...explanation(test)]);
}

/** What is wrong with a failed test: the place, the diff, where the script failed, and what it printed. */
export function explanation({ file, line, expected, got, error, output = '' }: TestResult): string[] {
  const printed =
    output === ''
      ? []
      : output
          .replace(/\n$/, '')
          .split('\n')
          .map((text) => `  | ${text}`);
  return [
    `${file}:${line}: expected -, got +`,
    ...(got === undefined ? [] : diff(expected, got)).map((text) => `  ${text}`),
    ...(error === undefined ? [] : [formatFinding(error)]),
    ...(printed.length === 0 ? [] : ['it printed:', ...printed]),
  ];
}
