import { expect } from 'chai';
import { examples, manifest, useLuaplugin } from './luaplugin.ts';

const script = `function GetWorkloadTypeAndName(text)
  print("asked")
  if text:find("refuse") then error("no ordinal") end
  return "Deployment", "web-0"
end`;
const tests = `  tests:
    - {name: right, metadata: {name: web-0}, expect: {type: Deployment, name: web-0}}
    - {name: wrong, metadata: {name: web-0}, expect: {type: Deployment, name: web}}
    - {name: refused, metadata: {name: refuse}, expect: {error: no ordinal}}
`;

describe('luaplugin test', () => {
  const lab = useLuaplugin();
  before(async () => {
    await lab.write('web.yaml', manifest('web', script, tests));
    await lab.write('syntax.yaml', manifest('syntax', 'x = = 1', tests));
  });

  it('passes the examples', async () => {
    const { code, stdout, stderr } = await lab.run(['test', examples]);
    expect(stdout).to.match(/^ok +label +3 +0 +.*label\.yaml$/m);
    expect(stdout).to.match(/\n\d+ plugins: \d+ passed, 0 failed \(.*\)\n$/);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('shows a failure as a diff, at its line', async () => {
    const { code, stdout } = await lab.run(['test', 'web.yaml']);
    expect(stdout).to.contain(
      [
        'FAIL web: wrong',
        'web.yaml:13: expected -, got +',
        '    type: Deployment',
        '  - name: web',
        '  + name: web-0',
        'it printed:',
        '  | asked',
        '',
        '1 plugin: 2 passed, 1 failed',
      ].join('\n'),
    );
    expect(code).to.equal(1);
  });

  it('says why a plugin can not be loaded, and goes on with the others', async () => {
    const { code, stdout } = await lab.run(['test', '.']);
    expect(stdout).to.contain("FAIL syntax: it can't be loaded\nsyntax.yaml:6: unexpected symbol near '='\n");
    expect(stdout).to.match(/2 plugins: 2 passed, 4 failed/);
    expect(code).to.equal(1);
  });

  it('writes JSON with a result for each test', async () => {
    const { code, stdout } = await lab.run(['test', 'web.yaml', '-o', 'json']);
    const result = JSON.parse(stdout) as { passed: number; failed: number; plugins: { tests: object[] }[] };
    expect(result).to.include({ passed: 2, failed: 1 });
    expect(result.plugins[0]?.tests[1]).to.deep.include({
      name: 'wrong',
      line: 13,
      passed: false,
      expected: { type: 'Deployment', name: 'web' },
      got: { type: 'Deployment', name: 'web-0' },
      output: 'asked\n',
    });
    expect(code).to.equal(1);
  });

  it('writes JUnit XML', async () => {
    const { code, stdout } = await lab.run(['test', 'web.yaml', '-o', 'junit']);
    expect(stdout).to.match(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="luaplugin" tests="3" failures="1" errors="0"/,
    );
    expect(
      stdout.match(/<testcase name="[a-z]+" classname="web" file="web.yaml" line="1[234]"/g),
    ).to.have.length(3);
    expect(code).to.equal(1);
  });

  it('runs the tests of many plugins', async () => {
    const many = Array.from({ length: 40 }, (_, index) => manifest(`p-${index}`, script, tests));
    const { code, stdout } = await lab.run(['test', '-', '-o', 'json'], many.join('---\n'));
    const { passed, failed, plugins } = JSON.parse(stdout) as {
      passed: number;
      failed: number;
      plugins: object[];
    };
    expect({ passed, failed, plugins: plugins.length }).to.deep.equal({
      passed: 80,
      failed: 40,
      plugins: 40,
    });
    expect(code).to.equal(1);
  });

  for (const [what, file, content, message] of [
    ['there is no plugin', 'none/x', '', /^none: .*\n$/],
    [
      'no plugin has tests',
      'plain.yaml',
      manifest('plain', script),
      /^plain\.yaml: no LuaPlugin with spec\.tests found there\n$/,
    ],
    [
      'a test is written wrong',
      'bad.yaml',
      manifest('bad', script, '  tests:\n    - name: a\n      metadata: {}\n      expect: {kind: Job}\n'),
      /^bad\.yaml:14: spec\.tests\[0\]\.expect\.kind: unknown field/m,
    ],
  ] as const) {
    it(`ends with 2 when ${what}`, async () => {
      if (content !== '') await lab.write(file, content);
      const { code, stdout, stderr } = await lab.run(['test', file.split('/')[0] ?? '']);
      expect(stderr).to.match(message);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }
});
