import { expect } from 'chai';
import { printed } from './engine.ts';

const walk = 'local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) end print(table.concat(r, " "))';

describe('A walk through a table', () => {
  const cases: Readonly<Record<string, [make: string, keys: string]>> = {
    'has the keys in the order in which they came': [
      'local t = {} for w in ("the quick brown fox jumps over it"):gmatch("%a+") do t[w] = 1 end',
      'the quick brown fox jumps over it',
    ],
    'has the list first, then the keys, wherever they stand in the constructor': [
      'local t = { z = 1, "a", y = 2, "b", x = 3 }',
      '1 2 z y x',
    ],
    'has whole numbers ascending, however they came': [
      'local t = { x = 1 } t[30] = 1 t[5] = 1 t.y = 2 t[1] = 1 t[0] = 1 t[-1] = 1 t[2.5] = 1',
      '1 5 30 x y 0 -1 2.5',
    ],
    'keeps the order when the table grows, and when keys go': [
      'local t = {} for i = 1, 100 do t["k" .. i * 7 % 101] = i end for i = 1, 100 do if i % 10 > 0 then t["k" .. i] = nil end end',
      Array.from({ length: 100 }, (_, index) => ((index + 1) * 7) % 101)
        .filter((number) => number % 10 === 0)
        .map((number) => `k${number}`)
        .join(' '),
    ],
    'has the keys of a decoded document as they stand in it': [
      'local t = require("dkjson").decode(\'{"b":1,"a":2,"10":3,"c":4}\')',
      'b a 10 c',
    ],
    'may set and remove what is there': [
      'local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do t[k] = k == "b" and 5 or nil end',
      'b',
    ],
    'of booleans, tables and functions has their order, too': [
      'local t = { [true] = 1 } t[false] = 2 t[print] = 3 t.x = 4 t[print] = nil',
      'true false x',
    ],
  };
  for (const [title, [make, keys]] of Object.entries(cases)) {
    it(title, () => expect(printed(`${make} ${walk}`)).to.equal(keys));
  }

  it('is that of next, which goes on from any key', () => {
    expect(
      printed(
        'local t = { x = 1, [9] = 2, y = 3 } print(next(t)) print(next(t, 9)) print(next(t, "x")) print(next(t, "y"))',
      ),
    ).to.equal('9\t2\nx\t1\ny\t3\nnil');
  });

  it('is right in tables beyond the ordered ones: every key once, with its value', () => {
    const script = `local t = {} for i = 1, 70000 do t["k" .. i] = i end
      for i = 2, 70000, 2 do t["k" .. i] = nil end
      local n, sum = 0, 0 for k, v in pairs(t) do n = n + 1 sum = sum + v assert(t[k] == v and k == "k" .. v) end
      print(n, sum)`;
    expect(printed(script)).to.equal(`35000\t${35000 * 35000}`);
  }).timeout(20_000);

  it('finds what a random program of insertions and removals left, in its order (seeded)', () => {
    let state = 12_345;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    for (let round = 0; round < 30; round++) {
      const steps: string[] = [];
      const keys = new Map<string, number>();
      for (let step = 0; step < 120; step++) {
        const key = `k${random(60)}`;
        if (keys.has(key) && random(3) === 0) {
          keys.delete(key);
          steps.push(`t.${key} = nil`);
        } else if (!keys.has(key) && steps.some((each) => each === `t.${key} = nil`)) {
        } else {
          keys.set(key, step);
          steps.push(`t.${key} = ${step}`);
        }
      }
      const expected = [...keys].map(([key, value]) => `${key}=${value}`).join(' ');
      const show =
        'local r = {} for k, v in pairs(t) do r[#r + 1] = k .. "=" .. v end print(table.concat(r, " "))';
      expect(printed(`local t = {} ${steps.join(' ')} ${show}`)).to.equal(expected);
    }
  });

  it('counts a list up to its last place that is not nil', () => {
    expect(
      printed(
        'local t = {} t[7] = 1 t[3] = 1 print(#{ nil, "b", nil }, #{ "a", nil, "c", nil }, #t, #{ n = 1 }, #{})',
      ),
    ).to.equal('2\t3\t7\t0\t0');
  });
});
