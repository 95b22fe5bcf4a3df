import { expect } from 'chai';
import { LuaState } from '../../../operator/sandbox/engine/state.ts';
import { maxPlainBytes } from '../../../operator/sandbox/json/plain-decoder.ts';
import { randomFrom } from '../../sandbox/dkjson/documents.ts';
import { mebibyte, memoryOf, parts } from './engine.ts';

/** Decodes its argument twice: as usual, and with metatables of its own, which the decoder in JavaScript serves. */
const script = `
  local json = require("dkjson")
  local function show(value)
    if type(value) ~= "table" then return (math.type(value) or type(value)) .. " " .. tostring(value) end
    local parts = { getmetatable(value).__jsontype, #value }
    for k, v in pairs(value) do parts[#parts + 1] = show(k) .. "=" .. show(v) end
    return "{" .. table.concat(parts, ";") .. "}"
  end
  local function all(value, position, message)
    return show(value) .. " " .. tostring(position) .. " " .. tostring(message)
  end
  function GetWorkloadTypeAndName(text)
    local plain = all(json.decode(text, 1, nil))
    local other = all(json.decode(text, 1, nil, { __jsontype = "object" }, { __jsontype = "array" }))
    if plain ~= other then print(plain .. "\\n" .. other) end
    return plain == other and "same" or "different", plain
  end`;

describe('The decoder for plain documents', () => {
  let state: LuaState;
  before(() => {
    state = new LuaState(parts, memoryOf(32 * mebibyte), undefined);
    const problem = state.run(Buffer.from(script), 'test') ?? state.findFunction();
    if (problem !== undefined) throw new Error(JSON.stringify(problem));
    state.keep();
  });

  /** What a document is; throws when the two decoders differ. */
  function decoded(document: string | Buffer): string {
    const bytes = Buffer.from(document);
    state.keepOutput();
    const results = state.call(bytes, 0, bytes.length);
    const output = state.takeOutput();
    if ('kind' in results) throw new Error(results.message);
    expect(results[0], `${bytes.toString('latin1').slice(0, 1000)}\n${output}`).to.equal('same');
    return String(results[1]);
  }

  const documents: Readonly<Record<string, string>> = {
    '{"b":1,"a":[true,false,"x"],"c":{}}':
      '{object;0;string b=integer 1;string a={array;3;integer 1=boolean true;integer 2=boolean false;integer 3=string x};string c={object;0}} 36 nil',
    '[]': '{array;0} 3 nil',
    '{"a":"\\u003c\\"\\\\","\\n":[[]]}':
      '{object;0;string a=string <"\\;string \n={array;1;integer 1={array;0}}} 29 nil',
    '{"a":1,"b":2,"a":3}': '{object;0;string a=integer 3;string b=integer 2} 20 nil',
    '[999999999,1999999999,-1,1.5,1e3,01]':
      '{array;6;integer 1=integer 999999999;integer 2=integer 1999999999;integer 3=integer -1;integer 4=float 1.5;integer 5=float 1000;integer 6=integer 1} 37 nil',
    '{"a":true} rest': '{object;0;string a=boolean true} 11 nil',
    '{"a":"größe 日本"}': '{object;0;string a=string größe 日本} 23 nil',
    '{"a":"b': 'nil nil 8 unterminated string at line 1, column 6',
    '{"a":"b\\': 'nil nil 9 unterminated string at line 1, column 6',
    '{"a":tru}': 'nil nil 6 no valid JSON value at line 1, column 6',
    '{"a":1]': 'nil nil 7 no valid JSON value at line 1, column 7',
  };
  for (const [document, is] of Object.entries(documents)) {
    it(`makes the same of ${document} as the other one`, () =>
      expect(Buffer.from(decoded(document), 'latin1').toString()).to.equal(is));
  }

  it('leaves nothing behind where it gives up late, in a table within tables', () => {
    const list = '1,'.repeat(40);
    expect(decoded(`{"c":2,"a":{"b":[${list}null,2]}}`)).to.match(
      /^\{object;0;string c=integer 2;string a=\{object/,
    );
  });

  it('knows tables of any length and depth, up to the longest document and beyond', () => {
    for (const count of [1, 15, 16, 17, 33, 1000]) {
      decoded(`{${Array.from({ length: count }, (_, index) => `"key${index}":"v"`).join(',')}}`);
      decoded(`[${Array.from({ length: count }, (_, index) => index).join(',')}]`);
    }
    for (const depth of [31, 32, 33, 150]) {
      decoded('['.repeat(depth) + ']'.repeat(depth));
      decoded(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    }
    for (const length of [maxPlainBytes, maxPlainBytes + 1]) decoded(`["${'x'.repeat(length - 4)}"]`);
  });

  it('makes the same as the other one of random documents, whole and damaged (seeded)', () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = randomFrom(seed);
    const below = (count: number) => Math.floor(random() * count);
    const scalars = [
      '',
      'app',
      'größe',
      '"',
      '\\',
      '\n',
      '<&>',
      'x'.repeat(45),
      0,
      7,
      123456789,
      1234567890,
      -3,
      0.5,
    ];
    const value = (depth: number): unknown => {
      const what = below(depth > 3 ? 3 : 6);
      if (what < 2) return scalars[below(scalars.length)];
      if (what === 2) return [true, false, null][below(3)];
      if (what === 3) return Array.from({ length: below(6) }, () => value(depth + 1));
      return Object.fromEntries(Array.from({ length: below(20) }, () => [`k${below(30)}`, value(depth + 1)]));
    };
    for (let round = 0; round < 1000; round++) {
      const bytes = Buffer.from(JSON.stringify({ a: value(0), b: value(0) }));
      if (round % 2 === 1) bytes[below(bytes.length)] = below(128);
      try {
        decoded(bytes);
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`);
      }
    }
  });
});
