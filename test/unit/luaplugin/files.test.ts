import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { findFiles } from '../../../luaplugin/input/files.ts';
import { nameProblems } from '../../../luaplugin/input/plugin-names.ts';
import { readPlugins } from '../../../luaplugin/input/plugins.ts';
import { pathSteps, validPlugin } from '../../../luaplugin/input/valid-plugin.ts';
import { formatDiagnostic } from '../../../luaplugin/program/errors.ts';
import { fakeIo } from './fake-io.ts';

function manifest(name: string, spec = 'script: x = 1'): string {
  return `apiVersion: luaplugin.dev/v1alpha1\nkind: LuaPlugin\nmetadata:\n  name: ${name}\nspec:\n  ${spec}\n`;
}

describe('files that hold plugins', () => {
  let root = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'luaplugin-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function write(path: string, text: string): Promise<string> {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  async function read(...paths: string[]) {
    const { plugins, configMaps, unreadable } = await readPlugins(paths, fakeIo());
    const names = plugins.map(({ value }) => (value.metadata as { name: string }).name);
    return { names, plugins, configMaps, problems: unreadable.map(formatDiagnostic) };
  }

  it('are found in a directory at any depth, in order, without tools and circles', async () => {
    for (const path of [
      'b.yaml',
      'a/x.yml',
      'a/b/y.json',
      'a/z.lua',
      '.git/c.yaml',
      'node_modules/d.yaml',
      'e.txt',
    ]) {
      await write(path, '');
    }
    await symlink(root, join(root, 'a/circle'));
    const found = await findFiles([root, join(root, 'b.yaml')]);
    expect(found.map(({ path }) => path.slice(root.length + 1))).to.deep.equal([
      'a/b/y.json',
      'a/x.yml',
      'a/z.lua',
      'b.yaml',
    ]);
  });

  for (const [what, from, to, problem] of [
    ['a kind', 'kind: LuaPlugin', 'kind: LuaPlugins', ':2: kind: must be "LuaPlugin"'],
    ['the case of a kind', 'kind: LuaPlugin', 'kind: luaPlugin', ':2: kind: must be "LuaPlugin"'],
    ['a version', 'v1alpha1', 'v1', ':1: apiVersion: must be "luaplugin.dev/v1alpha1"'],
  ] as const) {
    it(`say where ${what} of our group is misspelt, also in a directory`, async () => {
      const file = await write('a.yaml', manifest('a').replace(from, to));
      const { plugins, configMaps } = await read(root);
      const [problems] = plugins.map((source) => validPlugin(source, configMaps));
      expect(Array.isArray(problems) && problems.map(formatDiagnostic)).to.deep.equal([`${file}${problem}`]);
    });
  }

  it('say where a plugin has a name that no object may have, or that of another', async () => {
    const first = await write('a.yaml', manifest('a'));
    const second = await write(
      'b.yaml',
      `${manifest('a')}---\n${manifest('Upper')}---\n${manifest('a.b-1')}`,
    );
    await write('a.lua', 'function GetWorkloadTypeAndName() end');
    const { plugins } = await read(root);
    expect(nameProblems(plugins).flat().map(formatDiagnostic)).to.deep.equal([
      `${second}:4: metadata.name: a is the name of a plugin in ${first}:4, too; give one another name`,
      `${second}:11: metadata.name: "Upper" is no name of an object: use lower-case letters, digits, "-" and ".", ` +
        'with a letter or digit first and last',
    ]);
  });

  it('may hold several documents, Lists and other kinds', async () => {
    const list = JSON.stringify({
      kind: 'List',
      items: [{ kind: 'LuaPlugin', metadata: { name: 'c' } }, { kind: 'Pod' }],
    });
    const file = await write(
      'all.yaml',
      `${manifest('a')}---\nkind: Pod\n---\n${manifest('b')}---\n${list}\n`,
    );
    expect(await read(file)).to.deep.include({ names: ['a', 'b', 'c'], problems: [] });
  });

  it('in a directory are told apart from templates and other Lua', async () => {
    await write('chart.yaml', 'kind: ConfigMap\n{{- if x }}\n  a: [\n');
    await write('other.lua', 'return {}');
    await write('package.json', '{"name": "x"}');
    await write('mine.lua', 'function GetWorkloadTypeAndName() end');
    await write('plugin.yaml', manifest('a'));
    expect(await read(root)).to.deep.include({ names: ['mine', 'a'], problems: [] });
  });

  it('in a directory that are broken are reported', async () => {
    const file = await write('plugin.yaml', `${manifest('a')}  x: [\n`);
    expect((await read(root)).problems)
      .to.have.length(1)
      .with.property('0')
      .that.matches(/:8: is no YAML: /)
      .and.contains(file);
  });

  it('by name have to hold one', async () => {
    const pod = await write('pod.yaml', 'kind: Pod\n');
    const text = await write('text.yaml', 'hello\n');
    expect((await read(pod, text, join(root, 'none.yaml'))).problems).to.deep.equal([
      `${pod}: holds no LuaPlugin but Pod; begin one with "apiVersion: luaplugin.dev/v1alpha1" and "kind: LuaPlugin"`,
      `${text}: holds no LuaPlugin; begin one with "apiVersion: luaplugin.dev/v1alpha1" and "kind: LuaPlugin"`,
      `${join(root, 'none.yaml')}: there is no such file; check the path`,
    ]);
  });

  it('lead an unknown field to its line', async () => {
    const file = await write('p.yaml', `---\n${manifest('a', 'script: x = 1\n  priorty: 3')}`);
    const [plugin] = (await read(file)).plugins;
    const checked = plugin && validPlugin(plugin, []);
    expect(checked).to.deep.equal([
      { file, line: 8, message: 'spec.priorty: unknown field; did you mean "priority"?' },
    ]);
  });

  it('give a script from a ConfigMap beside the plugin, and its lines', async () => {
    const from = 'scriptFrom: {configMapKeyRef: {namespace: n, name: scripts, key: a.lua}}';
    const file = await write('p.yaml', manifest('a', from));
    const scripts = await write(
      'c.yaml',
      'kind: ConfigMap\nmetadata: {name: scripts}\ndata:\n  a.lua: |\n    x = 1\n',
    );
    const { plugins, configMaps } = await read(file, scripts);
    const checked = plugins.map((plugin) => validPlugin(plugin, configMaps))[0];
    if (!checked || !('plugin' in checked)) throw new Error('not valid');
    expect(checked.plugin.spec.script).to.equal('x = 1\n');
    expect(checked.diagnosticOf({ reason: 'load', message: 'a:1: boom', line: 1 })).to.deep.equal({
      file: scripts,
      line: 5,
      message: 'boom',
    });
  });

  it('say where a script should be that is not there', async () => {
    const from = 'scriptFrom: {configMapKeyRef: {namespace: n, name: scripts, key: a.lua}}';
    const [plugin] = (await read(await write('p.yaml', manifest('a', from)))).plugins;
    const checked = plugin && validPlugin(plugin, []);
    expect(checked).to.have.nested.property('[0].line', 6);
    expect(checked)
      .to.have.nested.property('[0].message')
      .that.contains('key a.lua of a ConfigMap n/scripts');
  });
});

describe('the path of a field', () => {
  it('is taken apart into its steps', () => {
    expect(pathSteps('spec.tests[0].metadata.labels[a.b/c].x')).to.deep.equal([
      'spec',
      'tests',
      '0',
      'metadata',
      'labels',
      'a.b/c',
      'x',
    ]);
    expect(pathSteps('')).to.deep.equal([]);
  });
});
