import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { library } from '../../../luaplugin/commands/library/bundled.ts';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { type ControlPlane, crdsDirectory, startControlPlane } from '../../cluster/control-plane.ts';
import { established, openDefinition } from '../../support/definitions.ts';
import { outputOf, useLuapluginOn } from './on-cluster.ts';

const groups = ['kafka.strimzi.io', 'scylla.scylladb.com'];

// On an API server of its own: what the others' tests define would count as served.
describe('luaplugin library', () => {
  let plane: ControlPlane;
  const lab = useLuapluginOn({
    get plane() {
      return plane;
    },
  });
  const kubectl = (...args: string[]) => plane.kubectl(args);
  const get = async (name: string) =>
    JSON.parse((await kubectl('get', 'luaplugin', name, '-o', 'json')).stdout) as LuaPlugin;
  const patch = (name: string, spec: object) =>
    kubectl('patch', 'luaplugin', name, '--type=merge', '-p', JSON.stringify({ spec }));
  const rowOf = async (name: string) => {
    const text = await outputOf(lab.run(['library', 'list']));
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line?.split(/ {3,}/).slice(0, 4);
  };

  before('start an API server with two operators, as far as definitions go', async () => {
    plane = await startControlPlane({ crds: [crdsDirectory] });
    const items = groups.map((group) => openDefinition(group, 'Cluster'));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    await plane.kubectl(['apply', '-f', '-'], { input });
    const names = groups.map((group) => `crd/clusters.${group}`);
    await established(plane.kubectl, names);
  });
  after(() => plane?.stop());

  it('lists what there is, what the cluster could use, and what it has', async () => {
    const text = await outputOf(lab.run(['library', 'list']));
    expect(text.split('\n')[0]).to.match(/^NAME +SERVED +APPLIED +DIFFERS +FOR$/);
    expect(text.trim().split('\n')).to.have.length(library.length + 1);
    expect(await rowOf('strimzi')).to.deep.equal(['strimzi', 'yes', '-', '-']);
    expect(await rowOf('minio')).to.deep.equal(['minio', 'no', '-', '-']);
    expect(await rowOf('jenkins'), 'which goes by labels alone').to.deep.equal(['jenkins', '-', '-', '-']);
    const served = await outputOf(lab.run(['library', 'list', '--served', '-o', 'name']));
    expect(served).to.equal('scylladb\nstrimzi\n');
    const entries = JSON.parse(await outputOf(lab.run(['library', 'list', '--served', '-o', 'json'])));
    expect(entries[1]).to.deep.include({ name: 'strimzi', standing: 'absent', served: true });
    expect(entries[1].operators[0].versions).to.have.length.above(0);
  });

  it('applies what the cluster could use, and says what only a name can choose', async () => {
    const { stdout, stderr, code } = await lab.run(['library', 'apply', '--served', '--dry-run=server']);
    expect(stdout).to.equal(
      ['scylladb', 'strimzi']
        .map((name) => `luaplugin.luaplugin.dev/${name} created (server dry run)\n`)
        .join(''),
    );
    expect(stderr).to.match(/by name: airflow, .*jenkins/);
    expect(code).to.equal(0);
    await outputOf(lab.run(['library', 'apply', '--served']));
    expect(await rowOf('strimzi')).to.deep.equal(['strimzi', 'yes', 'current', '-']);
    expect(await outputOf(lab.run(['library', 'apply', 'strimzi', 'jenkins']))).to.equal(
      'luaplugin.luaplugin.dev/strimzi unchanged\nluaplugin.luaplugin.dev/jenkins created\n',
    );
    expect(await outputOf(lab.run(['library', 'diff']))).to.equal('');
  });

  it('tells what is out of date from what has settings of its own, shows how it differs, and mends it', async () => {
    await outputOf(lab.run(['library', 'apply', 'scylladb']));
    const { spec } = await get('scylladb');
    await patch('scylladb', { parameters: { type: 'Scylla' }, suspend: true });
    expect(await rowOf('scylladb')).to.deep.equal(['scylladb', 'yes', 'changed', 'parameters']);
    const old = (spec.script ?? '').replace('GetWorkloadTypeAndName', 'GetWorkloadTypeAndName --[[ old ]]');
    await patch('scylladb', { script: old, tests: null });
    expect(await rowOf('scylladb')).to.satisfy(
      (row: string[]) => row[2] === 'out of date' && /script/.test(row[3] ?? ''),
    );
    const { code, stdout } = await lab.run(['library', 'diff', 'scylladb']);
    expect(code).to.equal(1);
    expect(stdout)
      .to.match(/^--- cluster\/scylladb.yaml\n\+\+\+ library\/scylladb.yaml\n/)
      .and.to.match(/^-.*--\[\[ old \]\]/m)
      .and.to.match(/^- {4}type: Scylla$/m)
      .and.to.not.contain('suspend');

    const refused = await lab.run(['library', 'apply', 'scylladb', 'strimzi']);
    expect(refused.stderr).to.match(
      /^luaplugin.luaplugin.dev\/scylladb: .*\.spec\.script.*--force-conflicts/m,
    );
    expect([refused.code, refused.stdout]).to.deep.equal([1, 'luaplugin.luaplugin.dev/strimzi unchanged\n']);
    await outputOf(lab.run(['library', 'apply', 'scylladb', '--force-conflicts']));
    expect(await rowOf('scylladb')).to.deep.equal(['scylladb', 'yes', 'current', '-']);
    expect((await get('scylladb')).spec).to.deep.equal({ ...spec, suspend: true });
  });

  it('leaves settings as somebody made them', async () => {
    await outputOf(lab.run(['library', 'apply', 'minio']));
    const [parameter = ''] = Object.keys((await get('minio')).spec.parameters ?? {});
    await patch('minio', { parameters: { [parameter]: true }, priority: 30 });
    expect(await outputOf(lab.run(['library', 'apply', 'minio']))).to.match(
      new RegExp(`^luaplugin.luaplugin.dev/minio unchanged; somebody set .*spec.parameters.${parameter}`),
    );
    expect((await get('minio')).spec).to.deep.include({ parameters: { [parameter]: true }, priority: 30 });
  });

  it('prints manifests, with a cluster only where it has to ask one', async () => {
    const text = await outputOf(lab.run(['library', 'apply', 'jenkins', 'minio', '-o', 'yaml']));
    expect(parseAllDocuments(text).map((one) => one.toJS().metadata.name)).to.deep.equal([
      'jenkins',
      'minio',
    ]);
    const list = parse(await outputOf(lab.run(['library', 'apply', '--served', '-o', 'json'])));
    expect(list.items.map((one: LuaPlugin) => one.metadata.name)).to.deep.equal(['scylladb', 'strimzi']);
  });

  it('refuses names that it does not have, and choices that do not go together', async () => {
    const refusal = async (...words: string[]) => {
      const { code, stderr } = await lab.run(['library', ...words]);
      expect(code).to.equal(2);
      return stderr;
    };
    expect(await refusal('apply', 'strimz')).to.equal(
      'luaplugin library apply: the library has no plugin "strimz"; did you mean strimzi?; see luaplugin library apply --help\n',
    );
    expect(await refusal('apply')).to.contain('name plugins of the library, or give --served, or --all');
    expect(await refusal('apply', 'minio', '--all')).to.contain('or give --served, or --all');
    expect(await refusal('diff', 'xyzzy')).to.contain('"luaplugin library list" shows those that there are');
    expect(await refusal('aply', 'minio')).to.contain("unknown command 'aply'");
  });
});
