import { join } from 'node:path';
import { expect } from 'chai';
import { examples, manifest, useLuaplugin } from './luaplugin.ts';

const talkative = `local dkjson = require("dkjson")
function GetWorkloadTypeAndName(text)
  local meta = dkjson.decode(text)
  print("asked about", meta.name)
  if meta.name == "bad" then return nil .. "x" end
  if meta.name == "other" then return "", "" end
  return "deployment", meta.name
end
`;

const podList = JSON.stringify({
  kind: 'List',
  items: ['web', 'other'].map((name) => ({ kind: 'Pod', metadata: { name, namespace: 'shop' } })),
});

describe('luaplugin run', () => {
  const lab = useLuaplugin();
  before(() => lab.write('talkative.lua', talkative));

  it("shows an example's workloads", async () => {
    const { code, stdout, stderr } = await lab.run([
      'run',
      join(examples, 'name-from-pod.yaml'),
      '--pods',
      join(examples, 'pods/name-from-pod.yaml'),
    ]);
    expect(stdout.replaceAll(/\S+s$/gm, 'TIME')).to.equal(
      [
        'POD                             TYPE          NAME     RESULT     TIME',
        'default/ledger-0                StatefulSet   ledger   resolved   TIME',
        'default/shop-7c9d8b6f54-kx2vq   Deployment    shop     resolved   TIME',
        '',
      ].join('\n'),
    );
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it("shows what kubectl's Pods get from a .lua file, and what the script prints", async () => {
    const { code, stdout } = await lab.run(['run', 'talkative.lua', '--pods', '-'], podList);
    expect(stdout).to.match(/^shop\/web +Deployment +web +resolved +\S+s$/m);
    expect(stdout).to.match(/^shop\/other +- +- +skipped +\S+s$/m);
    expect(stdout).to.match(/\n\n\[shop\/web\] asked about\tweb\n\[shop\/other\] asked about\tother\n$/);
    expect(code).to.equal(0);
  });

  it('ends with 1 when a call ended in an error, and names the line', async () => {
    const { code, stdout, stderr } = await lab.run(
      ['run', 'talkative.lua', '--metadata', '-'],
      '{"name": "bad"}',
    );
    expect(stdout).to.match(/^bad +- +- +error \(runtime\) /m);
    expect(stderr).to.equal('talkative.lua:5: attempt to concatenate a nil value [bad]\n');
    expect(code).to.equal(1);
  });

  it('writes JSON and YAML with the same content', async () => {
    const words = ['run', 'talkative.lua', '--metadata', '-', '-o'];
    const [json, yaml] = await Promise.all([
      lab.run([...words, 'json'], 'name: web'),
      lab.run([...words, 'yaml'], 'name: web'),
    ]);
    const { results, plugin } = JSON.parse(json.stdout) as { plugin: string; results: { seconds: number }[] };
    expect(plugin).to.equal('talkative');
    const [{ seconds = 0, ...result } = {}] = results;
    expect(seconds).to.be.greaterThan(0);
    expect(result).to.deep.equal({
      pod: 'web',
      result: 'resolved',
      type: 'Deployment',
      name: 'web',
      output: 'asked about\tweb\n',
    });
    expect(yaml.stdout).to.contain('plugin: talkative').and.to.contain('type: Deployment');
  });

  it('gives Lua no Pod that spec.match rules out', async () => {
    const script = 'function GetWorkloadTypeAndName() error("asked") end';
    await lab.write('match.yaml', manifest('m', script, '  match: {namespaces: {include: [bank]}}\n'));
    const { code, stdout } = await lab.run(['run', 'match.yaml', '--pods', '-'], podList);
    expect(stdout.match(/unmatched/g)).to.have.length(2);
    expect(code).to.equal(0);
  });

  it('takes the parameters, with the defaults of their schema', async () => {
    const script = 'function GetWorkloadTypeAndName() return "Job", parameters.a .. parameters.b end';
    const rest = '  parameters: {a: x}\n  parametersSchema: {properties: {b: {default: y}}}\n';
    await lab.write('parameters.yaml', manifest('p', script, rest));
    const { stdout } = await lab.run(['run', 'parameters.yaml', '--metadata', '-'], '{"name": "a"}');
    expect(stdout).to.match(/^a +Job +xy +resolved/m);
  });

  it('ends with 1 and the line when the script does not compile', async () => {
    await lab.write('syntax.yaml', manifest('s', 'local x = 1\nx = = 2'));
    const { code, stdout, stderr } = await lab.run(['run', 'syntax.yaml', '--metadata', '-'], '{}');
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
    expect(stderr).to.equal("syntax.yaml:7: unexpected symbol near '='\n");
  });

  it('stops a script that never ends', async () => {
    await lab.write('endless.lua', 'function GetWorkloadTypeAndName() while true do end end');
    const { code, stdout, stderr } = await lab.run(
      ['run', 'endless.lua', '--metadata', '-'],
      '{"name": "a"}',
    );
    expect(stdout).to.contain('error (timeout)');
    expect(stderr).to.match(/^endless\.lua:1: .*50 ms/);
    expect(code).to.equal(1);
  });

  it('takes one of several plugins by its name', async () => {
    const both = ['a', 'b'].map((name) =>
      manifest(name, `function GetWorkloadTypeAndName() return "Job", "${name}" end`),
    );
    await lab.write('both.yaml', both.join('---\n'));
    const words = ['run', 'both.yaml', '--metadata', '-'];
    const chosen = await lab.run([...words, '--name', 'b'], '{"name": "p"}');
    expect(chosen.stdout).to.match(/^p +Job +b +resolved/m);
    const unclear = await lab.run(words, '{}');
    expect(unclear.stderr).to.equal('both.yaml: holds 2 LuaPlugins (a, b); choose one with --name\n');
    expect(unclear.code).to.equal(2);
  });
});
