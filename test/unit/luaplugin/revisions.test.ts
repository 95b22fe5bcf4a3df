import { expect } from 'chai';
import { applyPatch } from 'diff';
import { changedFields, revisionFields } from '../../../luaplugin/cluster/revision-fields.ts';
import { lastDifferent, unifiedDiff } from '../../../luaplugin/commands/diff.ts';
import { historyTable } from '../../../luaplugin/commands/history.ts';
import { defaultTarget, rolledBack } from '../../../luaplugin/commands/rollback.ts';
import { formatAge } from '../../../luaplugin/output/time.ts';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { makePlugin } from '../support/builders.ts';

const limits = { timeout: '50ms', memory: '16Mi' };

function revision(number: number, spec: Partial<StoredRevision['spec']> = {}): StoredRevision {
  return {
    number,
    hash: `${number}`,
    generation: number,
    objectName: `p-uid-${number}`,
    plugin: { name: 'p', uid: 'uid-of-p' },
    storedAt: '2026-01-01T00:00:00Z',
    spec: { script: `-- ${number}`, limits, ...spec },
  };
}

/** @param serving the number of the revision that serves */
function plugin(spec: Partial<LuaPluginSpec>, serving?: number): LuaPlugin {
  const made = makePlugin('p', spec);
  if (serving === undefined) return made;
  return {
    ...made,
    status: { activeRevision: { number: serving, hash: `${serving}`, generation: serving } },
  };
}

describe('where a rollback goes', () => {
  const revisions = [revision(3), revision(2), revision(1)];
  const target = (object: LuaPlugin) => defaultTarget(object, revisionFields(object.spec), revisions)?.number;

  it('is the revision before the one that serves', () => {
    expect(target(plugin({ script: '-- 3' }, 3))).to.equal(2);
    expect(target(plugin({ script: '-- 2' }, 2))).to.equal(1);
  });

  it('is the one that serves when the spec is another, because it is broken or new', () => {
    expect(target(plugin({ script: 'no lua' }, 3))).to.equal(3);
  });

  it('is not changed by tests alone', () => {
    const tests = [{ name: 't', metadata: {}, expect: { skip: true } as const }];
    expect(target(plugin({ script: '-- 3', tests }, 3))).to.equal(2);
  });

  it('is the latest that is kept when none serves', () => {
    expect(target(plugin({ script: 'no lua' }))).to.equal(3);
  });

  it('is nowhere when no earlier one is kept', () => {
    expect(target(plugin({ script: '-- 1' }, 1))).to.equal(undefined);
    expect(defaultTarget(plugin({}), {}, [])).to.equal(undefined);
  });
});

describe('a plugin that is rolled back', () => {
  it('has the parts of the revision, and nothing else is changed', () => {
    const { script: _, ...spec } = plugin({ priority: 9, mode: 'DryRun', parameters: { a: 1 } }).spec;
    const ref = { configMapKeyRef: { namespace: 'n', name: 'm', key: 'k' } };
    const match = { namespaces: { include: ['shop'] } };
    expect(rolledBack({ ...spec, scriptFrom: ref }, revision(2, { match, scriptFrom: ref }))).to.deep.equal({
      priority: 9,
      mode: 'DryRun',
      suspend: false,
      revisionHistoryLimit: 10,
      script: '-- 2',
      limits,
      match,
    });
  });
});

describe('the differences between revisions', () => {
  it('are found whatever the order of keys', () => {
    const one = revisionFields({ parameters: { a: 1, b: 2 }, script: 'x' });
    const two = revisionFields({ script: 'x', parameters: { b: 2, a: 1 } });
    expect(changedFields(one, two)).to.deep.equal([]);
    expect(unifiedDiff('p', { title: 'a', fields: one }, { title: 'b', fields: two })).to.equal('');
  });

  it('are shown as a unified diff, part by part', () => {
    const before = { title: 'revision 1', fields: revisionFields({ script: 'a\nb\n', limits }) };
    const after = { title: 'revision 2', fields: revisionFields({ script: 'a\nc\n', limits, tests: [] }) };
    expect(unifiedDiff('p', before, after)).to.equal(
      '--- p/script.lua\trevision 1\n+++ p/script.lua\trevision 2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n' +
        '--- p/tests.yaml\trevision 1\n+++ p/tests.yaml\trevision 2\n@@ -0,0 +1,1 @@\n+[]\n',
    );
  });

  it('are there at once for long scripts that have nothing in common', () => {
    const script = (letter: string, end = '') =>
      Array.from({ length: 8_000 }, (_, i) => `${letter}${i}`).join('\n') + end;
    const before = { title: 'revision 1', fields: revisionFields({ script: script('a') }) };
    const after = { title: 'revision 2', fields: revisionFields({ script: script('b', '\n') }) };
    const patch = unifiedDiff('p', before, after);
    expect(patch).to.match(/^@@ -1,8000 \+1,8000 @@$/m);
    expect(applyPatch(script('a'), patch)).to.equal(script('b', '\n'));
    expect(applyPatch(script('b', '\n'), unifiedDiff('p', after, before))).to.equal(script('a'));
  });

  it('are looked for from the latest revision that is different', () => {
    const revisions = [revision(3, { script: '-- 2' }), revision(2), revision(1)];
    const later = { title: 'generation 4', fields: revisionFields({ script: '-- 2', limits }) };
    expect(lastDifferent(later, revisions)?.title).to.equal('revision 1');
    expect(lastDifferent(later, revisions, 1)).to.equal(undefined);
  });
});

describe('the table of revisions', () => {
  it('shows the age, what serves, what changed, and a generation that is not Ready', () => {
    const now = Date.parse('2026-01-01T00:05:30Z');
    const text = historyTable(
      plugin({}, 1),
      [revision(2, { limits: { ...limits, timeout: '1s' } }), revision(1)],
      now,
      true,
    );
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).to.deep.equal([
      ['REVISION', 'GENERATION', 'AGE', 'SERVES', 'CHANGED', 'HASH', 'OBJECT'],
      ['2', '2', '5m30s', '-', 'script,limits', '2', 'p-uid-2'],
      ['1', '1', '5m30s', 'yes', '-', '1', 'p-uid-1'],
      [''],
      ['generation 1 is not Ready: the operator has not looked at generation 1 yet'],
      [''],
    ]);
  });
});

describe('an age', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  for (const [seconds, text] of [
    [0, '0s'],
    [119, '119s'],
    [120, '2m'],
    [125, '2m5s'],
    [600, '10m'],
    [3 * 3600 - 1, '179m'],
    [3 * 3600 + 120, '3h2m'],
    [8 * 3600, '8h'],
    [49 * 3600, '2d1h'],
    [9 * 86_400, '9d'],
    [3 * 365 * 86_400, '3y'],
  ] as const) {
    it(`of ${seconds} s is ${text}`, () => {
      expect(formatAge(new Date(now - seconds * 1000).toISOString(), now)).to.equal(text);
    });
  }

  it('of a time that is not there, or in the future, is harmless', () => {
    expect(formatAge(undefined, now)).to.equal('');
    expect(formatAge('2027-01-01T00:00:00Z', now)).to.equal('0s');
  });
});
