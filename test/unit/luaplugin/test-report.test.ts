import { expect } from 'chai';
import { junit } from '../../../luaplugin/commands/test/junit.ts';
import {
  countTests,
  type PluginResult,
  type TestResult,
} from '../../../luaplugin/commands/test/plugin-result.ts';
import { diff, outcomeLines, testReport } from '../../../luaplugin/commands/test/report.ts';

const passed: TestResult = {
  name: 'good',
  file: 'a.yaml',
  line: 7,
  passed: true,
  expected: { skip: true },
  got: { skip: true },
  seconds: 0.001,
};
const failed: TestResult = {
  ...passed,
  name: 'is "web" & <more>',
  passed: false,
  expected: { type: 'Deployment', name: 'web' },
  got: { type: 'Deployment', name: 'web-0' },
  output: 'one\ntwo \u0000\n',
};
const raised: TestResult = {
  ...passed,
  name: 'raises',
  passed: false,
  got: { error: 'web:3: boom' },
  error: { reason: 'runtime', file: 'a.yaml', line: 12, message: 'boom' },
};
const web: PluginResult = { plugin: 'web', file: 'a.yaml', line: 3, tests: [passed, failed, raised] };
const broken: PluginResult = {
  plugin: 'broken',
  file: 'b.yaml',
  line: 3,
  error: { file: 'b.yaml', line: 9, message: 'unexpected symbol' },
  tests: [{ ...passed, passed: false }],
};

describe('the diff of a failed test', () => {
  it('shows what is the same, what was expected and what came', () => {
    expect(diff(failed.expected, { type: 'Deployment', name: 'web-0' })).to.deep.equal([
      '  type: Deployment',
      '- name: web',
      '+ name: web-0',
    ]);
    expect(diff({ skip: true }, { error: 'p:1: no: good' })).to.deep.equal([
      '- skip: true',
      '+ error: "p:1: no: good"',
    ]);
  });

  it('quotes what could be read as something else', () => {
    expect(outcomeLines({ type: 'Job', name: '7' })).to.deep.equal(['type: Job', 'name: "7"']);
  });
});

describe('the report of a test run', () => {
  it('lists the plugins, explains each failure at its line, and ends with the sum', () => {
    expect(testReport([web], 0.25)).to.equal(
      [
        'RESULT   PLUGIN   PASSED   FAILED   FILE',
        'FAIL     web      1        2        a.yaml',
        '',
        'FAIL web: is "web" & <more>',
        'a.yaml:7: expected -, got +',
        '    type: Deployment',
        '  - name: web',
        '  + name: web-0',
        'it printed:',
        '  | one',
        '  | two \ufffd',
        '',
        'FAIL web: raises',
        'a.yaml:7: expected -, got +',
        '  - skip: true',
        '  + error: "web:3: boom"',
        'a.yaml:12: boom',
        '',
        '1 plugin: 1 passed, 2 failed (250ms)',
        '',
      ].join('\n'),
    );
  });

  it('says once why a plugin could not be loaded', () => {
    const report = testReport([broken, { ...web, tests: [passed] }], 1);
    expect(report).to.contain("FAIL broken: it can't be loaded\nb.yaml:9: unexpected symbol\n");
    expect(report).to.match(/\n2 plugins: 1 passed, 1 failed \(1\.00s\)\n$/);
  });

  it('counts a plugin that can not be loaded as failed even when it has no tests', () => {
    expect(countTests([{ ...broken, tests: [] }])).to.deep.equal({ passed: 0, failed: 1 });
  });
});

describe('JUnit output', () => {
  it('has a suite for each plugin, failures, errors and what was printed', () => {
    expect(junit([web, broken], 1.5)).to.equal(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="luaplugin" tests="4" failures="2" errors="1" time="1.500">',
        '  <testsuite name="web" file="a.yaml" tests="3" failures="2" errors="0" time="0.003">',
        '    <testcase name="good" classname="web" file="a.yaml" line="7" time="0.001000"/>',
        '    <testcase name="is &quot;web&quot; &amp; &lt;more&gt;" classname="web" file="a.yaml" line="7" time="0.001000">',
        '      <failure message="another answer than expected" type="answer">a.yaml:7: expected -, got +',
        '    type: Deployment',
        '  - name: web',
        '  + name: web-0</failure>',
        '      <system-out>one',
        'two \ufffd',
        '</system-out>',
        '    </testcase>',
        '    <testcase name="raises" classname="web" file="a.yaml" line="7" time="0.001000">',
        '      <failure message="another answer than expected" type="runtime">a.yaml:7: expected -, got +',
        '  - skip: true',
        '  + error: &quot;web:3: boom&quot;',
        'a.yaml:12: boom</failure>',
        '    </testcase>',
        '  </testsuite>',
        '  <testsuite name="broken" file="b.yaml" tests="1" failures="0" errors="1" time="0.001">',
        '    <testcase name="good" classname="broken" file="a.yaml" line="7" time="0.001000">',
        '      <error message="b.yaml:9: unexpected symbol" type="load"/>',
        '    </testcase>',
        '  </testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    );
  });

  it('holds only characters that XML knows', () => {
    const name = 'a\u0001\ud800\uffff\n😀';
    const text = junit([{ ...web, tests: [{ ...passed, name }] }], 0);
    expect(text).to.contain('name="a\ufffd\ufffd\ufffd&#10;😀"');
  });

  it('shows a plugin without tests that can not be loaded', () => {
    const text = junit([{ ...broken, tests: [] }], 0);
    expect(text).to.contain('tests="1" failures="0" errors="1"').and.to.contain('<testcase name="loads"');
  });
});
