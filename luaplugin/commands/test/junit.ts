import { formatDiagnostic } from '../../program/errors.ts';
import { countTests, type PluginResult, type TestResult } from './plugin-result.ts';
import { explanation } from './report.ts';

/**
 * The results in JUnit's XML, as CI systems read it: a suite for each plugin; a plugin that can't be loaded is an
 * error, a test with another answer a failure.
 */
export function junit(results: readonly PluginResult[], seconds: number): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'luaplugin', ...sums(results), time: seconds.toFixed(3) })}>`,
    ...results.flatMap(suite),
    '</testsuites>',
    '',
  ].join('\n');
}

function sums(results: readonly PluginResult[]) {
  const { passed, failed } = countTests(results);
  const errors = results.filter(({ error }) => error !== undefined);
  const { failed: broken } = countTests(errors);
  return { tests: passed + failed, failures: failed - broken, errors: broken };
}

function suite(result: PluginResult): string[] {
  const time = result.tests.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3);
  const open = { name: result.plugin, file: result.file, ...sums([result]), time };
  const { plugin: classname, file, line, error, tests } = result;
  const cases =
    error !== undefined && tests.length === 0
      ? testCase({ name: 'loads', classname, file, line }, [loadError(error)])
      : tests.flatMap((test) => caseOf(test, result));
  return [`  <testsuite ${attributes(open)}>`, ...cases, '  </testsuite>'];
}

function caseOf(test: TestResult, { plugin: classname, error }: PluginResult): string[] {
  const { name, file, line } = test;
  const open = { name, classname, file, line, time: test.seconds.toFixed(6) };
  if (error !== undefined) return testCase(open, [loadError(error)]);
  const inner: string[] = [];
  if (!test.passed) {
    const type = test.error?.reason ?? 'answer';
    const text = explanation({ ...test, output: '' }).join('\n');
    const failure = attributes({ message: 'another answer than expected', type });
    inner.push(`<failure ${failure}>${escapeXml(text)}</failure>`);
  }
  if (test.output !== undefined) inner.push(`<system-out>${escapeXml(test.output)}</system-out>`);
  return testCase(open, inner);
}

function loadError(error: NonNullable<PluginResult['error']>): string {
  return `<error ${attributes({ message: formatDiagnostic(error), type: 'load' })}/>`;
}

function testCase(open: Attributes, inner: readonly string[]): string[] {
  const tag = `    <testcase ${attributes(open)}`;
  if (inner.length === 0) return [`${tag}/>`];
  return [`${tag}>`, ...inner.map((element) => `      ${element}`), '    </testcase>'];
}

type Attributes = Readonly<Record<string, string | number>>;

function attributes(values: Attributes): string {
  const escaped = (value: string) => escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for XML 1.0, which has no way to write most control characters and surrogates: they are replaced. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? '');
}
