import { expect } from 'chai';
import { LuaState } from '../../../operator/sandbox/engine/state.ts';
import { mebibyte, memoryOf, parts } from './engine.ts';

/** What a script answers to one text after the other. */
function answers(script: string, texts: readonly string[]): string[] {
  const state = loaded(script);
  state.keep();
  return texts.map((text) => answer(state, text));
}

function loaded(script: string): LuaState {
  const state = new LuaState(parts, memoryOf(32 * mebibyte), undefined);
  const error = state.run(Buffer.from(script), 'test') ?? state.findFunction();
  if (error !== undefined) throw new Error(JSON.stringify(error));
  return state;
}

function answer(state: LuaState, text: string): string {
  const bytes = Buffer.from(text);
  const results = state.call(bytes, 0, bytes.length);
  return 'kind' in results ? results.message : results.map(String).join(' ');
}

const ask = (body: string) => `function GetWorkloadTypeAndName(text) ${body} end`;

describe('A call', () => {
  /** Ways to keep something for the next Pod: each script would answer 2 the second time. */
  const keepers: Readonly<Record<string, string>> = {
    'a global': `n = 0 ${ask('n = n + 1 return "n", "" .. n')}`,
    'a global that only the function sets': ask('n = (n or 0) + 1 return "n", "" .. n'),
    'a table of the top level': `local t = {} ${ask('t[#t + 1] = text return "n", "" .. #t')}`,
    'a captured local': `local n = 0 ${ask('n = n + 1 return "n", "" .. n')}`,
    'a field of a library': ask('string.n = (string.n or 0) + 1 return "n", "" .. string.n'),
    'the metatable of strings': ask('local m = getmetatable("") m.n = (m.n or 0) + 1 return "n", "" .. m.n'),
    'a library function that was replaced': ask(
      'local old = tostring tostring = function() return "2" end return "n", old == real and "1" or "2"',
    ).replace('function Get', 'real = tostring function Get'),
    'its own function': `local n = 0 ${ask('n = n + 1 GetWorkloadTypeAndName = function() return "n", "2" end return "n", "" .. n')}`,
    'a coroutine that waits': `local co = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) ${ask('return "n", "" .. co()')}`,
    'a coroutine of the call before': ask(
      'co = co or coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) return "n", "" .. co()',
    ),
    'an upvalue of a metamethod': `local n = 0 local t = setmetatable({}, { __index = function() n = n + 1 return n end }) ${ask('return "n", "" .. t.x')}`,
    'the module that it required': `local json = require("dkjson") ${ask('json.n = (json.n or 0) + 1 return "n", "" .. json.n')}`,
    'package.loaded': ask(
      'package.loaded.n = (package.loaded.n or 0) + 1 return "n", "" .. package.loaded.n',
    ),
    'an error that ends the call': `n = 0 ${ask('n = n + 1 if text == "x" then error("n 1", 0) end return "n", "" .. n')}`,
    'memory that ran out': `n = 0 ${ask('n = n + 1 local ok = pcall(function() local s = ("x"):rep(2^28) end) return "n", "" .. n')}`,
    'a stack that overflowed': `n = 0 ${ask('n = n + 1 local function f() return 1 + f() end pcall(f) return "n", "" .. n')}`,
  };
  for (const [what, script] of Object.entries(keepers)) {
    it(`begins from the state right after loading: it finds nothing in ${what}`, () => {
      for (const each of answers(script, ['a', 'b', 'a']))
        expect(each.replace(/^test:\d+: /, '')).to.equal('n 1');
    });
  }

  it('draws the same random numbers for each Pod', () => {
    const [first, ...others] = answers(ask('return "r", math.random(1e9) .. "," .. math.random(1e9)'), [
      '',
      '',
      '',
    ]);
    expect(new Set([first, ...others])).to.have.property('size', 1);
  });

  it('is answered alike in another state, made in another second', () => {
    const script = ask(
      'local t = {} for w in ("q w e r t y u i o p"):gmatch("%a") do t[#t + 1] = w end return math.random(1e9) .. "", tostring({}) .. table.concat(t)',
    );
    const now = Date.now;
    const [here] = answers(script, ['']);
    Date.now = () => now() + 86_400_000;
    try {
      expect(answers(script, [''])).to.deep.equal([here]);
    } finally {
      Date.now = now;
    }
  });

  it('costs little to begin: what is written back is at most 84 KB beside what the script keeps', () => {
    const { data, heap } = loaded(ask('return "n", "1"')).keep().runtime;
    expect(data.length + heap.length).to.be.below(84_000);
  });

  it('sees the time all the same', () => {
    expect(
      answers(`at = os.time() ${ask('return "t", tostring(os.time() - at < 60 and at > 1.6e9)')}`, ['']),
    ).to.deep.equal(['t true']);
  });

  it('leaves a thousand answers what the first was, whatever the documents hold', () => {
    const script = `local json = require("dkjson") local seen = 0 ${ask('seen = seen + 1 local d = json.decode(text) local n = 0 for k, v in pairs(d) do n = n + #k + #v end return "s" .. seen, "" .. n')}`;
    const state = loaded(script);
    state.keep();
    const documents = Array.from({ length: 1000 }, (_, index) =>
      JSON.stringify({ a: 'x'.repeat((index * 37) % 3000), ['k'.repeat(index % 50)]: 'y' }),
    );
    expect(documents.map((document) => answer(state, document))).to.deep.equal(
      documents.map((_, index) => `s1 ${1 + ((index * 37) % 3000) + (index % 50) + 1}`),
    );
  });

  it('goes on in another state from what the first one had loaded', () => {
    const image = loaded(`local n = 41 ${ask('n = n + 1 return "n", n .. text')}`).keep();
    const other = new LuaState(parts, memoryOf(32 * mebibyte), image);
    expect(answer(other, '!')).to.equal('n 42!');
    expect(answer(other, '?')).to.equal('n 42?');
  });

  it('leaves nothing of one Pod where the next could find it in memory', () => {
    const secret = 'only-the-first-pod-knows-this';
    const state = loaded(ask('kept = kept or {} kept[1] = text:upper():lower() return "k", "" .. #kept'));
    const { runtime } = state.keep();
    answer(state, secret);
    answer(state, 'other');
    expect(Buffer.from(runtime.heap).includes(secret)).to.equal(false);
  });
});
