import { expect } from 'chai';
import type { LabelSelectorRequirement, Match } from '../../../operator/api/generated.ts';
import {
  compileGlobs,
  compileMatch,
  compileSelector,
  type MatchablePod,
} from '../../../operator/api/selectors.ts';

const namespaceLabels = (name: string) => ({ db: { team: 'storage' }, web: { team: 'shop' } })[name];

function matches(match: Match | undefined, pod: MatchablePod): boolean {
  return compileMatch(match, namespaceLabels)(pod);
}

describe('compileGlobs', () => {
  it('lets every name in without an include', () => {
    expect(compileGlobs({})('any')).to.equal(true);
    expect(compileGlobs({ include: [] })('any')).to.equal(true);
  });

  const cases: [string, string, boolean][] = [
    ['db', 'db', true],
    ['db', 'db2', false],
    ['team-*', 'team-a', true],
    ['team-*', 'team-', true],
    ['team-*', 'my-team-a', false],
    ['*', 'kube-system', true],
    ['*-db-*', 'a-db-b', true],
    ['a**b', 'a-b', true],
    ['team-?', 'team-a', true],
    ['team-?', 'team-ab', false],
    ['team-?', 'team-', false],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['*a', 'ba', true],
    ['*ab', 'aab', true],
    ['a*a', 'a', false],
    ['', '', true],
  ];
  for (const [glob, name, is] of cases) {
    it(`${glob} ${is ? 'matches' : 'does not match'} ${name}`, () =>
      expect(compileGlobs({ include: [glob] })(name)).to.equal(is));
  }

  it('lets exclude win over include', () => {
    const included = compileGlobs({ include: ['team-*', 'db'], exclude: ['*-test'] });
    expect(['team-a', 'team-a-test', 'db', 'web'].filter(included)).to.deep.equal(['team-a', 'db']);
  });

  it('answers at once for the worst glob that the schema allows', () => {
    const glob = compileGlobs({ include: ['*a*a*a*ab'] });
    const started = performance.now();
    expect(glob('a'.repeat(63))).to.equal(false);
    expect(performance.now() - started).to.be.lessThan(1000);
  });
});

describe('compileSelector', () => {
  it('selects everything when it is empty', () => expect(compileSelector({})({})).to.equal(true));

  it('wants every label of matchLabels with its value', () => {
    const selects = compileSelector({ matchLabels: { a: '1', b: '2' } });
    expect(selects({ a: '1', b: '2', c: '3' })).to.equal(true);
    expect(selects({ a: '1', b: '3' })).to.equal(false);
    expect(selects({ a: '1' })).to.equal(false);
  });

  const cases: [LabelSelectorRequirement, boolean, boolean, boolean][] = [
    [{ key: 'a', operator: 'In', values: ['1', '2'] }, true, false, false],
    [{ key: 'a', operator: 'NotIn', values: ['1', '2'] }, false, true, true],
    [{ key: 'a', operator: 'Exists' }, true, true, false],
    [{ key: 'a', operator: 'DoesNotExist' }, false, false, true],
  ];
  for (const [requirement, listed, other, absent] of cases) {
    it(`reads ${requirement.operator} as Kubernetes does, for a listed, another and no value`, () => {
      const selects = compileSelector({ matchExpressions: [requirement] });
      expect([selects({ a: '1' }), selects({ a: '9' }), selects({})]).to.deep.equal([listed, other, absent]);
    });
  }

  it('wants labels and expressions together', () => {
    const selects = compileSelector({
      matchLabels: { a: '1' },
      matchExpressions: [{ key: 'b', operator: 'Exists' }],
    });
    expect([selects({ a: '1', b: '' }), selects({ a: '1' }), selects({ b: '' })]).to.deep.equal([
      true,
      false,
      false,
    ]);
  });

  it('does not take what every JavaScript object has for a label', () => {
    expect(compileSelector({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] })({})).to.equal(
      false,
    );
  });
});

describe('compileMatch', () => {
  const pod: MatchablePod = {
    namespace: 'db',
    labels: { app: 'og' },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { apiVersion: 'opengauss.sig/v1', kind: 'OpenGaussCluster' },
    ],
  };

  it('matches every Pod without a match, and with an empty one', () => {
    expect(matches(undefined, {})).to.equal(true);
    expect(matches({}, pod)).to.equal(true);
    expect(matches({ namespaces: {}, namespaceSelector: {}, podSelector: {}, owners: [] }, pod)).to.equal(
      true,
    );
  });

  it('looks at the namespace by name', () => {
    expect(matches({ namespaces: { include: ['d*'] } }, pod)).to.equal(true);
    expect(matches({ namespaces: { exclude: ['d*'] } }, pod)).to.equal(false);
  });

  it('looks at the labels of the namespace', () => {
    expect(matches({ namespaceSelector: { matchLabels: { team: 'storage' } } }, pod)).to.equal(true);
    expect(matches({ namespaceSelector: { matchLabels: { team: 'shop' } } }, pod)).to.equal(false);
  });

  it('does not match a Pod whose namespace is not known by any namespaceSelector', () => {
    expect(matches({ namespaceSelector: {} }, { ...pod, namespace: 'new' })).to.equal(false);
  });

  it('sees the labels that a namespace has at that moment', () => {
    const labels: Record<string, string> = {};
    const holds = compileMatch({ namespaceSelector: { matchLabels: { on: 'yes' } } }, () => labels);
    expect(holds(pod)).to.equal(false);
    labels.on = 'yes';
    expect(holds(pod)).to.equal(true);
  });

  it('looks at the labels of the Pod', () => {
    expect(matches({ podSelector: { matchLabels: { app: 'og' } } }, pod)).to.equal(true);
    expect(matches({ podSelector: { matchLabels: { app: 'og' } } }, {})).to.equal(false);
  });

  it('is content with one owner of one listed kind, controller or not', () => {
    expect(matches({ owners: [{ kind: 'CloneSet' }, { kind: 'OpenGaussCluster' }] }, pod)).to.equal(true);
    expect(matches({ owners: [{ kind: 'CloneSet' }] }, pod)).to.equal(false);
    expect(matches({ owners: [{ kind: 'CloneSet' }] }, {})).to.equal(false);
  });

  it('compares the group of an owner when one is given, in every version', () => {
    expect(matches({ owners: [{ apiGroup: 'opengauss.sig', kind: 'OpenGaussCluster' }] }, pod)).to.equal(
      true,
    );
    expect(matches({ owners: [{ apiGroup: 'apps', kind: 'OpenGaussCluster' }] }, pod)).to.equal(false);
    expect(matches({ owners: [{ apiGroup: '', kind: 'ConfigMap' }] }, pod)).to.equal(true);
    expect(matches({ owners: [{ apiGroup: '', kind: 'OpenGaussCluster' }] }, pod)).to.equal(false);
  });

  it('wants all of its conditions to hold', () => {
    const match: Match = { namespaces: { include: ['db'] }, podSelector: { matchLabels: { app: 'og' } } };
    expect(matches(match, pod)).to.equal(true);
    expect(matches(match, { ...pod, namespace: 'web' })).to.equal(false);
    expect(matches(match, { ...pod, labels: {} })).to.equal(false);
  });
});
