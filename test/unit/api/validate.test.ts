import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { formatFieldErrors } from '../../../operator/api/errors.ts';
import { celTwins } from '../../../operator/api/rules.ts';
import { validateLuaPlugin } from '../../../operator/api/validate.ts';
import { brokenRules, brokenSchema } from './invalid-specs.ts';

const script = 'return';

function plugin(spec: unknown) {
  return { apiVersion: 'luaplugin.dev/v1alpha1', kind: 'LuaPlugin', metadata: { name: 'x' }, spec };
}

/** The spec as it comes out, or the errors as text. */
function outcome(spec: unknown) {
  const result = validateLuaPlugin(plugin(spec));
  return result.ok ? result.plugin.spec : formatFieldErrors(result.errors);
}

describe('validateLuaPlugin', () => {
  const defaults: [string, unknown, unknown][] = [
    ['priority', 0, 7],
    ['suspend', false, true],
    ['mode', 'Enforce', 'DryRun'],
    ['limits', { timeout: '50ms', memory: '16Mi' }, { timeout: '1s', memory: '64M' }],
    ['revisionHistoryLimit', 10, 0],
  ];
  for (const [field, value, other] of defaults) {
    it(`fills in ${field}`, () => expect(outcome({ script })).to.have.deep.property(field, value));
    it(`leaves ${field} alone when it is set`, () =>
      expect(outcome({ script, [field]: other })).to.have.deep.property(field, other));
  }

  it('fills in one limit when the other is set', () => {
    expect(outcome({ script, limits: { timeout: '2s' } })).to.have.deep.property('limits', {
      timeout: '2s',
      memory: '16Mi',
    });
  });

  it('adds no defaults but these', () => {
    expect(Object.keys(Object(outcome({ script })))).to.have.members(['script', ...defaults.map(([f]) => f)]);
  });

  it('does not change the object it is given', () => {
    const object = plugin({ script, match: null });
    validateLuaPlugin(object);
    expect(object).to.deep.equal(plugin({ script, match: null }));
  });

  it('takes every field of the design', () => {
    const labels = {
      matchLabels: { a: 'b' },
      matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['d'] }],
    };
    const full = {
      scriptFrom: { configMapKeyRef: { namespace: 'default', name: 'scripts', key: 'main.lua' } },
      priority: -5,
      suspend: true,
      mode: 'DryRun',
      match: {
        namespaces: { include: ['team-*', 'db'], exclude: ['team-?'] },
        namespaceSelector: labels,
        podSelector: {},
        owners: [{ kind: 'CloneSet' }, { apiGroup: '', kind: 'Node' }],
      },
      parameters: { deep: [{ any: null }] },
      parametersSchema: { type: 'object', properties: { deep: { type: 'array' } } },
      limits: { timeout: '10s', memory: '256Mi' },
      tests: [
        { name: 'a', metadata: { name: 'x', labels: { v: '1' } }, expect: { type: 'A', name: 'b' } },
        { name: 'b', metadata: {}, expect: { skip: true } },
        { name: 'c', metadata: {}, expect: { error: 'nil' } },
      ],
      requires: { apiGroups: ['apps.kruise.io'] },
      revisionHistoryLimit: 0,
    };
    expect(outcome(full)).to.deep.equal(full);
  });

  for (const bound of ['10ms', '10s', '10000ms']) {
    it(`allows the timeout ${bound}`, () =>
      expect(outcome({ script, limits: { timeout: bound } })).to.be.an('object'));
  }
  for (const bound of ['4Mi', '256Mi', '4194304', '64M']) {
    it(`allows the memory ${bound}`, () =>
      expect(outcome({ script, limits: { memory: bound } })).to.be.an('object'));
  }

  for (const { title, spec, path, message } of [...brokenRules, ...brokenSchema]) {
    it(`refuses ${title}`, () => expect(outcome(spec)).to.equal(`${path}: ${message}`));
  }

  it('names every error at once', () => {
    expect(outcome({ mode: 'on', priority: 'high' })).to.equal(
      [
        'spec: set script (the Lua source itself) or scriptFrom (the ConfigMap that holds it), one of the two',
        'spec.priority: must be an integer, not a string',
        'spec.mode: must be one of "Enforce", "DryRun"',
      ].join('\n'),
    );
  });

  it('takes a known field without a value for an absent one, as the API server does', () => {
    expect(outcome({ script, match: null, mode: null, limits: { timeout: null } })).to.deep.equal(
      outcome({ script }),
    );
  });

  it('takes a label without a value in a test for an absent one', () => {
    const metadata = { labels: { a: null, b: 'c' } };
    const spec = outcome({ script, tests: [{ name: 'a', metadata, expect: { skip: true } }] });
    expect(spec).to.have.deep.nested.property('tests[0].metadata', { labels: { b: 'c' } });
  });

  it('keeps nulls inside parameters', () => {
    expect(outcome({ script, parameters: { a: null } })).to.have.deep.property('parameters', { a: null });
  });

  for (const value of [undefined, null, 'text', 3, []]) {
    it(`refuses ${JSON.stringify(value) ?? 'nothing'} in place of an object`, () => {
      const result = validateLuaPlugin(value);
      expect(result).to.have.property('ok', false);
      expect(formatFieldErrors(result.ok ? [] : result.errors)).to.match(/^must be an object, not /);
    });
  }

  it('refuses another kind and another version', () => {
    const result = validateLuaPlugin({
      ...plugin({ script }),
      kind: 'LuaScript',
      apiVersion: 'luaplugin.dev/v1',
    });
    expect(formatFieldErrors(result.ok ? [] : result.errors)).to.equal(
      'apiVersion: must be "luaplugin.dev/v1alpha1"\nkind: must be "LuaPlugin"',
    );
  });

  it('does not look at the status, which a newer operator may have written', () => {
    expect(validateLuaPlugin({ ...plugin({ script }), status: { novelty: 1 } })).to.have.property('ok', true);
  });
});

describe('the CEL rules', () => {
  const rules = rulesIn(
    parse(readFileSync(new URL('../../../crds/luaplugins.yaml', import.meta.url), 'utf8')),
  );

  it('are the same in crds/luaplugins.yaml and in operator/api/rules.ts', () => {
    expect(Object.keys(celTwins)).to.have.members([...new Set(rules.map(({ rule }) => rule))]);
  });

  it('each have a spec that breaks them', () => {
    expect([...new Set(brokenRules.map(({ message }) => message))]).to.have.members([
      ...new Set(rules.map(({ message }) => message)),
    ]);
  });
});

function rulesIn(node: unknown): { rule: string; message: string }[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'x-kubernetes-validations' ? value : rulesIn(value),
  );
}
