import { expect } from 'chai';
import { findExcess } from '../../../operator/api/bounds.ts';

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let level = 1; level < levels; level += 1) value = { in: value };
  return value;
}

describe('the bounds of a plugin', () => {
  it('let ordinary plugins through', () => {
    const tests = Array.from({ length: 100 }, (_, index) => ({
      name: `${index}`,
      metadata: { labels: { a: 'b' } },
    }));
    expect(
      findExcess({ parameters: { types: ['Job'] }, parametersSchema: { type: 'object' }, tests }),
    ).to.equal(undefined);
    expect(findExcess({ parameters: nested(64) })).to.equal(undefined);
    expect(findExcess({})).to.equal(undefined);
    expect(findExcess(undefined)).to.equal(undefined);
  });

  for (const [what, spec, path, message] of [
    [
      'parameters nested 100,000 levels deep',
      { parameters: nested(100_000) },
      'spec.parameters',
      'nested at most 64',
    ],
    [
      'a schema nested too deep',
      { parametersSchema: nested(66) },
      'spec.parametersSchema',
      'nested at most 64',
    ],
    [
      '480,000 empty objects',
      { parameters: { a: Array(480_000).fill({}) } },
      'spec.parameters',
      'at most 10000 values',
    ],
    [
      'a parameter of a megabyte',
      { parameters: { a: 'x'.repeat(1_000_000) } },
      'spec.parameters',
      'at most 262144 char',
    ],
    [
      'keys of a megabyte',
      { parameters: { ['x'.repeat(1_000_000)]: 1 } },
      'spec.parameters',
      'at most 262144 char',
    ],
    ['tests with too much metadata', { tests: Array(60_000).fill('') }, 'spec.tests', 'at most 50000 values'],
  ] as const) {
    it(`refuse ${what}`, () => {
      const excess = findExcess(spec);
      expect(excess?.path).to.equal(path);
      expect(excess?.message).to.contain(message);
    });
  }
});
