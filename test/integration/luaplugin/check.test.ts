import { expect } from 'chai';
import { examples, manifest, useLuaplugin } from './luaplugin.ts';

const fine = 'function GetWorkloadTypeAndName() return "", "" end';

describe('luaplugin check', () => {
  const lab = useLuaplugin();

  it('finds nothing in the examples', async () => {
    const { code, stdout, stderr } = await lab.run(['check', examples]);
    expect(stdout).to.match(/^\d+ plugins are fine\n$/);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('lists what is wrong in every document of a file, by the lines of the file', async () => {
    const documents = [
      manifest('unknown', fine, '  priorty: 3\n'), // lines 1 to 8
      manifest('compile', 'function GetWorkloadTypeAndName()\n  if x then\nend'), // 10 to 18
      manifest(
        'parameters',
        fine,
        '  parameters: {a: 1}\n  parametersSchema: {properties: {a: {type: string}}}\n',
      ),
      manifest('top-level', 'local x\nx.y = 1'), // from 30
      manifest('no-function', 'x = 1'),
      manifest('good', fine),
    ];
    await lab.write('many.yaml', documents.join('---\n'));
    const { code, stdout, stderr } = await lab.run(['check', 'many.yaml']);
    expect(stdout.split('\n')).to.deep.equal([
      'many.yaml:7: spec.priorty: unknown field; did you mean "priority"?',
      "many.yaml:17: 'end' expected (to close 'function' at line 15) near <eof>",
      'many.yaml:26: spec.parameters: a must be string',
      "many.yaml:36: attempt to index a nil value (local 'x')",
      'many.yaml:43: the script must define the global function GetWorkloadTypeAndName, but it is nil',
      '',
    ]);
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: '' });
  });

  it('checks a .lua file, and writes findings as JSON', async () => {
    await lab.write('bad.lua', '-- one\nx = = 1\n');
    const { code, stdout } = await lab.run(['check', 'bad.lua', '-o', 'json']);
    expect(JSON.parse(stdout)).to.deep.equal({
      plugins: 1,
      findings: [{ file: 'bad.lua', line: 2, message: "unexpected symbol near '='" }],
    });
    expect(code).to.equal(1);
  });

  it('warns of what an author may have missed, by the lines of the file, and ends with 0 all the same', async () => {
    const script = [
      'function GetWorkloadTypeAndName(obj)',
      '  kind = os.getenv and "Job" or os.getenv("KIND")',
      '  return kind, obj.name or ""',
      'end',
    ];
    await lab.write('odd.lua', script.join('\n'));
    const { code, stdout } = await lab.run(['check', 'odd.lua']);
    expect(stdout.split('\n')).to.deep.equal([
      'odd.lua:2: warning: os.getenv is not there in the sandbox: put the value into spec.parameters, and read it as parameters.NAME',
      'odd.lua:3: warning: obj is JSON text, and has no fields: local meta = require("dkjson").decode(obj, 1, nil)',
      'odd.lua:2: warning: the function sets the global kind, which is gone for the next Pod: write local kind',
      '1 plugin is fine',
      '',
    ]);
    expect(code).to.equal(0);
    const { stdout: json } = await lab.run(['check', 'odd.lua', '-o', 'json']);
    expect(JSON.parse(json)).to.have.property('warnings').with.lengthOf(3);
  });

  it('reads what another program pipes into it', async () => {
    const { code, stdout } = await lab.run(['check', '-'], manifest('a', fine));
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: '1 plugin is fine\n' });
  });

  it('ends with 2 when a file can not be read, after the others are checked', async () => {
    await lab.write('broken.yaml', 'kind: LuaPlugin\nx: ]\n');
    await lab.write('bad.lua', 'x = = 1');
    const { code, stdout, stderr } = await lab.run(['check', 'bad.lua', 'broken.yaml', 'none.yaml']);
    expect(stdout).to.equal("bad.lua:1: unexpected symbol near '='\n");
    expect(stderr).to.match(
      /^broken\.yaml:2: is no YAML: .*\nnone\.yaml: there is no such file; check the path\n$/,
    );
    expect(code).to.equal(2);
  });
});
