import { expect } from 'chai';
import {
  makeRevision,
  readRevision,
  revisionName,
  revisionNumber,
  revisionSelector,
  sortRevisions,
} from '../../../operator/api/revisions.ts';
import { makePlugin } from '../support/builders.ts';

const uid = '1a2b3c4d-0000-4000-8000-000000000000';
const namespace = 'luaplugin-system';
const active = { number: 3, hash: 'abcdef0123456789', generation: 7 };

const plugin = makePlugin(
  'opengauss',
  {
    script: 'return 1',
    priority: 9,
    parameters: { team: 'db' },
    parametersSchema: { type: 'object' },
    match: { owners: [{ kind: 'OpenGaussCluster' }] },
    tests: [{ name: 't', metadata: { name: 'og-0' }, expect: { skip: true } }],
    requires: { apiGroups: ['opengauss.sig'] },
  },
  { uid },
);

/** What is said of a stored revision in which somebody put a value to that path; undefined takes it out. */
function messageWith(path: string, value: unknown): string {
  const revision: unknown = JSON.parse(JSON.stringify(makeRevision(plugin, active, namespace)));
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const parent = steps.reduce<unknown>((at, step) => Reflect.get(Object(at), step), revision);
  Reflect.set(Object(parent), last, value);
  const read = readRevision(JSON.parse(JSON.stringify(revision)));
  return read.ok ? 'ok' : read.message;
}

describe('a stored revision', () => {
  it('is a ControllerRevision that goes with its LuaPlugin', () => {
    const revision = makeRevision(plugin, active, namespace);
    expect(revision).to.deep.include({ apiVersion: 'apps/v1', kind: 'ControllerRevision', revision: 3 });
    expect(revision.metadata).to.deep.equal({
      name: 'opengauss-1a2b3c4d-3',
      namespace,
      labels: {
        'app.kubernetes.io/managed-by': 'lua-plugin-operator',
        'app.kubernetes.io/component': 'revision',
        'luaplugin.dev/plugin-uid': uid,
        'luaplugin.dev/revision-hash': active.hash,
      },
      ownerReferences: [
        { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', name: 'opengauss', uid, controller: true },
      ],
    });
  });

  it('keeps what makes the revision, and its tests, but not how the plugin is used', () => {
    const { data } = makeRevision(plugin, active, namespace);
    const { script, parameters, parametersSchema, limits, match, tests, requires } = plugin.spec;
    expect(data).to.deep.equal({
      hash: active.hash,
      generation: 7,
      spec: { script, parameters, parametersSchema, limits, match, tests, requires },
    });
  });

  it('holds the text of a script that a ConfigMap held, and where it came from', () => {
    const scriptFrom = { configMapKeyRef: { namespace: 'a', name: 'b', key: 'c' } };
    const stored = makeRevision(makePlugin('p', { script: 'text', scriptFrom }, { uid }), active, namespace);
    expect(stored.data.spec).to.deep.include({ script: 'text', scriptFrom });
    const read = readRevision(stored);
    expect(read.ok && read.revision.spec).to.deep.include({ script: 'text', scriptFrom });
  });

  it('reads back as it was made', () => {
    const made = makeRevision(plugin, active, namespace);
    const stored = { ...made, metadata: { ...made.metadata, creationTimestamp: '2026-01-01T00:00:00Z' } };
    expect(readRevision(JSON.parse(JSON.stringify(stored)))).to.deep.equal({
      ok: true,
      revision: {
        objectName: 'opengauss-1a2b3c4d-3',
        plugin: { name: 'opengauss', uid },
        ...active,
        storedAt: '2026-01-01T00:00:00Z',
        spec: made.data.spec,
      },
    });
  });

  it('is refused with the reason when somebody wrote nonsense into it', () => {
    const start = 'ControllerRevision opengauss-1a2b3c4d-3 is no revision of a LuaPlugin: ';
    const noOwner = 'no LuaPlugin is its controller';
    const table: [path: string, value: unknown, message: string][] = [
      ['metadata.ownerReferences', undefined, noOwner],
      ['metadata.ownerReferences.0.kind', 'StatefulSet', noOwner],
      ['metadata.ownerReferences.0.uid', 'x', "the label luaplugin.dev/plugin-uid is not its owner's uid"],
      ['revision', 0, 'revision must be a whole number from 1'],
      ['revision', 4, 'revision 4 has another name'],
      ['data', null, 'data.hash must be a hash'],
      ['data.hash', '../x', 'data.hash must be a hash'],
      ['data.generation', 'x', 'data.generation must be a whole number from 0'],
      ['data.spec', undefined, 'data.spec is missing'],
      ['data.spec.script', 7, 'data.spec.script: must be a string, not a number'],
      ['data.spec.script', undefined, 'data.spec: set script (the Lua source itself)'],
      ['data.spec.limits.timeout', '1h', 'data.spec.limits.timeout: must be a whole number of ms'],
      ['data.spec.match.owners', 'all', 'data.spec.match.owners: must be an array, not a string'],
      [
        'data.spec.scriptFrom',
        { configMapKeyRef: { namespace: 'a', name: 'b' } },
        'data.spec.scriptFrom.configMapKeyRef.key: is required',
      ],
      ['data.spec.parameters', nested(100), 'data.spec.parameters: must be nested at most 64'],
    ];
    for (const [path, value, message] of table) {
      expect(messageWith(path, value).slice(0, start.length + message.length)).to.equal(start + message);
    }
  });

  it('does not bring back fields that no revision keeps', () => {
    expect(messageWith('data.spec.priority', 'x')).to.equal('ok');
  });

  it('has a name that fits and tells plugins of the same name apart', () => {
    const long = { name: `${'a'.repeat(237)}.${'b'.repeat(16)}`, uid };
    const name = revisionName(long, 12345);
    expect(name).to.have.length.at.most(253);
    expect(name).to.match(/a-1a2b3c4d-12345$/);
    expect(revisionNumber(long, name)).to.equal(12345);
    expect(revisionName({ name: 'p', uid: 'ffffffff-1' }, 1)).not.to.equal(
      revisionName({ name: 'p', uid }, 1),
    );
  });

  it('tells its number by its name, and nothing by a name that somebody else chose', () => {
    const names = [
      'opengauss-1a2b3c4d-3',
      'opengauss-1a2b3c4d-03',
      'opengauss-3',
      'other-1a2b3c4d-3',
      '',
      '-',
    ];
    expect(names.map((name) => revisionNumber(plugin.metadata, name))).to.deep.equal([
      3,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is selected by the UID of its plugin', () => {
    const all = 'app.kubernetes.io/managed-by=lua-plugin-operator,app.kubernetes.io/component=revision';
    expect(revisionSelector()).to.equal(all);
    expect(revisionSelector(uid)).to.equal(`${all},luaplugin.dev/plugin-uid=${uid}`);
  });

  it('stands before those of lower numbers', () => {
    const numbers = sortRevisions([{ number: 9 }, { number: 11 }, { number: 10 }]).map(
      ({ number }) => number,
    );
    expect(numbers).to.deep.equal([11, 10, 9]);
  });
});

function nested(depth: number): object {
  return depth === 0 ? {} : { a: nested(depth - 1) };
}
