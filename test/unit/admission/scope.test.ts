import { expect } from 'chai';
import type { AdmissionRequest } from '../../../operator/admission/admission-review.ts';
import { type Scope, scopeOf } from '../../../operator/admission/scope.ts';
import { makePlugin } from '../support/builders.ts';
import { change, creation } from './requests.ts';

const broken = { script: 'no Lua' };
const deleted = makePlugin('p', { script: 'other' });
Object.assign(deleted.metadata, { deletionTimestamp: '2030-01-01T00:00:00Z' });

/** Nested deeper than a recursion survives. */
function deep(): unknown {
  let value: unknown = {};
  for (let level = 0; level < 200_000; level += 1) value = { value };
  return value;
}

describe('how far the webhook looks', () => {
  const table: readonly [what: string, request: AdmissionRequest, scope: Scope][] = [
    ['a new plugin', creation(broken), 'refuse'],
    ['a new plugin that is suspended', creation({ ...broken, suspend: true }), 'advise'],
    ['another script', change(broken, { script: 'other' }), 'refuse'],
    ['other parameters', change(broken, { ...broken, parameters: { a: 1 } }), 'refuse'],
    ['another schema', change(broken, { ...broken, parametersSchema: {} }), 'refuse'],
    ['other tests', change(broken, { ...broken, tests: [] }), 'refuse'],
    ['other limits', change(broken, { ...broken, limits: { timeout: '1s', memory: '16Mi' } }), 'refuse'],
    ['another script of a suspended plugin', change(broken, { script: 'other', suspend: true }), 'advise'],
    ['a plugin that gets suspended', change(broken, { ...broken, suspend: true }), 'none'],
    ['a plugin that is put to work', change({ ...broken, suspend: true }, broken), 'refuse'],
    [
      'another priority, mode and match',
      change(broken, { ...broken, priority: 9, mode: 'DryRun', match: {} }),
      'none',
    ],
    ['labels, or nothing at all', change(broken, broken), 'none'],
    ['keys in another order', change({ parameters: { a: 1, b: 2 } }, { parameters: { b: 2, a: 1 } }), 'none'],
    ['the status', { ...change(broken, { script: 'other' }), subResource: 'status' }, 'none'],
    ['a finalizer of a plugin that is being deleted', { ...change(broken, broken), object: deleted }, 'none'],
    ['a deletion', { uid: 'u', operation: 'DELETE', name: 'p', oldObject: makePlugin('p') }, 'none'],
    ['an object that is none', { uid: 'u', operation: 'CREATE', object: 'text' }, 'refuse'],
    [
      'what no API server sends',
      {
        ...creation(),
        operation: 'UPDATE',
        object: { spec: { tests: deep() } },
        oldObject: { spec: { tests: deep() } },
      },
      'refuse',
    ],
  ];
  for (const [what, request, scope] of table) {
    it(`${scope}: ${what}`, () => expect(scopeOf(request)).to.equal(scope));
  }
});
