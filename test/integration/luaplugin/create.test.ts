import { expect } from 'chai';
import { parse } from 'yaml';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { useOperator } from '../../support/operator.ts';
import { claims, outputOf, useLuapluginOn } from './on-cluster.ts';

describe('luaplugin create, list, get and delete', () => {
  const fixture = useControlPlane();
  const operator = useOperator(fixture);
  const lab = useLuapluginOn(fixture);
  const made = new Set<string>();
  const create = (name: string, ...words: string[]) => {
    made.add(name);
    return lab.run(['create', name, ...words]);
  };

  before(async () => {
    await lab.write('good.lua', claims('good', 'Good'));
    await lab.write('better.lua', claims('good', 'Better'));
    await lab.write('bad.lua', '-- one\nlocal x = = 2\n');
    await lab.write('silent.lua', '');
  });
  after(async () => {
    await fixture.plane.kubectl(['delete', 'luaplugin', ...made, '--ignore-not-found']);
  });

  it('makes a plugin of a Lua file, and of the words of deepflow-ctl', async () => {
    expect(await outputOf(create('cli-good', '--script', 'good.lua'))).to.equal(
      'luaplugin.luaplugin.dev/cli-good created\n',
    );
    made.add('cli-deepflow');
    const words = ['create', '--type', 'lua', '--image', 'good.lua', '--name', 'cli-deepflow', '-o', 'name'];
    expect(await outputOf(lab.run(words))).to.equal('luaplugin.luaplugin.dev/cli-deepflow\n');
    const { spec } = await operator.getPlugin('cli-deepflow');
    expect(spec.script).to.equal(claims('good', 'Good'));
  });

  it('takes priority, mode, parameters and tests along', async () => {
    await lab.write('parameters.yaml', 'label: app\n');
    await lab.write(
      'tests.yaml',
      'tests:\n  - name: ours\n    metadata: { name: good-1 }\n    expect: { type: Good, name: good-1 }\n',
    );
    const words = ['--script', 'good.lua', '--priority', '7', '--mode', 'DryRun', '-o', 'json'];
    const files = ['--parameters', 'parameters.yaml', '--tests', 'tests.yaml'];
    const { spec } = JSON.parse(await outputOf(create('cli-full', ...words, ...files))) as LuaPlugin;
    expect(spec).to.deep.include({ priority: 7, mode: 'DryRun', parameters: { label: 'app' } });
    expect(spec.tests?.map(({ name }) => name)).to.deep.equal(['ours']);
  });

  it('refuses a name that is taken, and says how to change that plugin', async () => {
    await outputOf(create('cli-taken', '--script', 'good.lua'));
    const { code, stderr } = await create('cli-taken', '--script', 'better.lua');
    expect(stderr).to.equal(
      'luaplugin: there is a LuaPlugin "cli-taken" already; change it with --replace, or with kubectl apply\n',
    );
    expect(code).to.equal(1);
  });

  it('replaces the script and keeps the rest of the spec', async () => {
    await outputOf(create('cli-replaced', '--script', 'good.lua', '--priority', '3'));
    expect(await outputOf(create('cli-replaced', '--script', 'better.lua', '--replace'))).to.equal(
      'luaplugin.luaplugin.dev/cli-replaced replaced\n',
    );
    const { spec } = await operator.getPlugin('cli-replaced');
    expect(spec).to.include({ priority: 3, script: claims('good', 'Better') });
    expect(await outputOf(create('cli-replaced', '--script', 'better.lua', '--replace'))).to.equal(
      'luaplugin.luaplugin.dev/cli-replaced unchanged\n',
    );
  });

  it('takes scriptFrom out when it puts a script in, and says so', async () => {
    const configMapKeyRef = { namespace: fixture.namespace, name: 'scripts', key: 'a.lua' };
    await operator.applyPlugin('cli-moved', { scriptFrom: { configMapKeyRef } });
    const text = await outputOf(create('cli-moved', '--script', 'good.lua', '--replace'));
    expect(text).to.contain('spec.scriptFrom is gone');
    expect((await operator.getPlugin('cli-moved')).spec).to.not.have.property('scriptFrom');
  });

  it('waits until the plugin is Ready', async () => {
    expect(await outputOf(create('cli-waited', '--script', 'good.lua', '--wait'))).to.equal(
      'luaplugin.luaplugin.dev/cli-waited created\n' +
        'luaplugin.luaplugin.dev/cli-waited is Ready: revision 1 (generation 1) serves\n',
    );
  });

  it("tells what is wrong with a script at the line of the author's file", async () => {
    await outputOf(create('cli-broken', '--script', 'good.lua', '--wait'));
    const { code, stderr } = await create('cli-broken', '--script', 'bad.lua', '--replace', '--wait');
    expect(stderr).to.match(/^(luaplugin: .*)?bad\.lua:2: unexpected symbol near '='/);
    expect(code).to.equal(1);
  });

  it("tells which tests failed, at their lines in the author's file", async () => {
    await lab.write(
      'failing.yaml',
      '- name: passes\n  metadata: { name: good-1 }\n  expect: { type: Good, name: good-1 }\n- name: fails\n  metadata: { name: x }\n  expect: { type: Good, name: x }\n',
    );
    const { code, stderr } = await create(
      'cli-untested',
      '--script',
      'good.lua',
      '--tests',
      'failing.yaml',
      '--wait',
    );
    expect(stderr).to.match(/TestsFailed: 1 of 2 tests failed/);
    expect(stderr).to.contain('failing.yaml:4: expected Good "x", got skip\n');
    expect(code).to.equal(1);
  });

  it('gives up waiting when nobody looks at the plugin in time', async () => {
    await operator.operator.stop();
    const { code, stderr } = await create('cli-alone', '--script', 'good.lua', '--wait', '--timeout', '1s');
    expect(stderr).to.match(
      /cli-alone: the operator has not looked at generation 1 yet after 1 s; is it running\?/,
    );
    expect(code).to.equal(1);
    await operator.restart();
  });

  it('changes nothing in a dry run, here or on the API server', async () => {
    const words = ['--script', 'good.lua', '--priority', '2'];
    const text = await outputOf(create('cli-dry', ...words, '--dry-run=client', '-o', 'yaml'));
    expect(parse(text)).to.deep.equal({
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name: 'cli-dry' },
      spec: { script: claims('good', 'Good'), priority: 2 },
    });
    const server = await outputOf(create('cli-dry', ...words, '--dry-run=server', '-o', 'json'));
    expect((JSON.parse(server) as LuaPlugin).spec.mode).to.equal('Enforce');
    expect(await outputOf(create('cli-dry', ...words, '--dry-run=server'))).to.equal(
      'luaplugin.luaplugin.dev/cli-dry created (server dry run)\n',
    );
    expect((await lab.run(['get', 'cli-dry'])).code).to.equal(1);
  });

  it('lists and shows plugins in the columns of kubectl', async () => {
    await outputOf(create('cli-listed', '--script', 'good.lua', '--wait'));
    const { stdout: kubectl } = await fixture.plane.kubectl(['get', 'luaplugins', '-o', 'wide']);
    const list = await outputOf(lab.run(['list', '-o', 'wide']));
    const columns = (text: string) => text.split('\n')[0]?.split(/ {2,}/);
    expect(columns(list)).to.deep.equal(columns(kubectl));
    expect(columns(await outputOf(lab.run(['list'])))).to.not.include('MESSAGE');
    expect(list).to.match(/^cli-listed +True +Serving +0 +1 /m);
    expect(await outputOf(lab.run(['get', 'cli-listed']))).to.match(/^NAME .*\ncli-listed +True /);
    expect(await outputOf(lab.run(['list', '-o', 'name']))).to.contain(
      'luaplugin.luaplugin.dev/cli-listed\n',
    );
    const { items } = JSON.parse(await outputOf(lab.run(['list', '-o', 'json']))) as { items: LuaPlugin[] };
    const [listed] = items.filter(({ metadata }) => metadata.name === 'cli-listed');
    expect(listed).to.include({ kind: 'LuaPlugin', apiVersion: 'luaplugin.dev/v1alpha1' });
    expect(listed?.metadata).to.not.have.property('managedFields');
    const shown = parse(await outputOf(lab.run(['get', 'cli-listed', '-o', 'yaml']))) as LuaPlugin;
    expect(shown.spec.script).to.equal(claims('good', 'Good'));
  });

  it('deletes a plugin, and says when there is none', async () => {
    await outputOf(create('cli-gone', '--script', 'good.lua'));
    expect(await outputOf(lab.run(['delete', 'cli-gone']))).to.equal(
      'luaplugin.luaplugin.dev/cli-gone deleted\n',
    );
    for (const command of ['delete', 'get', 'history', 'diff', 'rollback']) {
      const { code, stdout, stderr } = await lab.run([command, 'cli-gone']);
      expect(stderr, command).to.equal(
        'luaplugin: there is no LuaPlugin "cli-gone"; "luaplugin list" shows those that are there\n',
      );
      expect({ code, stdout }, command).to.deep.equal({ code: 1, stdout: '' });
    }
    expect((await lab.run(['delete', 'cli-gone', '--ignore-not-found'])).code).to.equal(0);
  });

  for (const [what, words, line] of [
    [
      'another language',
      ['x', '--script', 'good.lua', '--type', 'wasm'],
      /--type wasm is not supported: plugins are written in lua/,
    ],
    ['no name', ['--script', 'good.lua'], /missing the plugin's name/],
    ['two names', ['x', '--name', 'y', '--script', 'good.lua'], /two names, x and y/],
    [
      'a name that none can have',
      ['No_Name', '--script', 'good.lua'],
      /"No_Name" can't be the name of a LuaPlugin/,
    ],
    ['no script', ['x'], /missing --script <file>/],
    ['a script that is not there', ['x', '--script', 'nope.lua'], /^nope\.lua: there is no such file/],
    ['an empty script', ['x', '--script', 'silent.lua'], /^silent\.lua: spec\.script: /],
    ['a priority out of bounds', ['x', '--script', 'good.lua', '--priority', '2000000'], /spec\.priority: /],
    [
      'a dry run that waits',
      ['x', '--script', 'good.lua', '--dry-run=server', '--wait'],
      /nothing can be waited for/,
    ],
    [
      'a blind replacement',
      ['x', '--script', 'good.lua', '--dry-run=client', '--replace'],
      /use --dry-run=server/,
    ],
    ['stdin twice', ['x', '--script', '-', '--tests', '-'], /can be given once only/],
  ] as const) {
    it(`answers ${what} with one line and exit code 2`, async () => {
      const { code, stdout, stderr } = await lab.run(['create', ...words]);
      expect(stderr)
        .to.match(line)
        .and.match(/^[^\n]*\n$/);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    });
  }

  it('names the line of a parameters or tests file that is no good', async () => {
    await lab.write(
      'odd.yaml',
      '- name: a\n  metadata: {}\n  expect: { skip: true }\n- name: b\n  expect: { skip: true }\n',
    );
    const { code, stderr } = await lab.run(['create', 'x', '--script', 'good.lua', '--tests', 'odd.yaml']);
    expect(stderr).to.match(/^odd\.yaml:4: spec\.tests\[1\]/);
    expect(code).to.equal(2);
    await lab.write('list.yaml', '[1]\n');
    const other = await lab.run(['create', 'x', '--script', 'good.lua', '--parameters', 'list.yaml']);
    expect(other.stderr).to.match(/^list\.yaml:1: spec\.parameters/);
    expect(other.code).to.equal(2);
  });
});
