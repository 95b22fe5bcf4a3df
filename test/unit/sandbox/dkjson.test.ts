import { expect } from 'chai';
import { failureOf, printed } from './engine.ts';

/** What `dkjson.decode(text)` gives, as Lua shows it: kind and value, then position and message. */
function decoded(text: string, more = ''): string {
  const literal = `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
  return printed(`
    local dkjson = require("dkjson")
    local function show(value)
      if type(value) ~= "table" then return (math.type(value) or type(value)) .. " " .. tostring(value) end
      local parts, meta = {}, getmetatable(value)
      for k, v in pairs(value) do parts[#parts + 1] = show(k) .. "=" .. show(v) end
      table.sort(parts)
      return (meta and tostring(meta.__jsontype) or "table") .. "{" .. table.concat(parts, ",") .. "}"
    end
    local value, position, message = dkjson.decode(${literal}${more})
    print(show(value), position, message)`);
}

describe('dkjson.decode', () => {
  const cases: Record<string, string> = {
    '{"a":[1,2.5,true,null,"x"]}':
      'object{string a=array{integer 1=integer 1,integer 2=float 2.5,integer 3=boolean true,integer 5=string x}}\t28\tnil',
    '[]': 'array{}\t3\tnil',
    '': 'nil nil\t1\tno valid JSON value (reached the end)',
    '[1,\n x]': 'nil nil\t6\tno valid JSON value at line 2, column 2',
    '{"a": "b': 'nil nil\t9\tunterminated string at line 1, column 7',
    '[[1': 'nil nil\t4\tunterminated array at line 1, column 2',
    '{"a":': 'nil nil\t6\tunterminated object at line 1, column 1',
    '{null:1}': 'nil nil\t6\tcannot use nil as table index (at line 1, column 6)',
    '[1,2,]': 'array{integer 1=integer 1,integer 2=integer 2}\t7\tnil',
    '{"a" 1}': 'object{integer 1=string a,integer 2=integer 1}\t8\tnil',
    '/* c */ 1 // d': 'integer 1\t10\tnil',
    '\ufeff.5': 'float 0.5\t6\tnil',
    '9223372036854775808': 'float 9.223372036854776e+18\t20\tnil',
    '-9223372036854775808': 'float -9223372036854775808\t21\tnil',
    '"\\ud83d\\ude00\\q"': 'string 😀q\t17\tnil',
  };
  for (const [text, outcome] of Object.entries(cases)) {
    it(`makes ${JSON.stringify(text)} ${outcome.replaceAll('\t', ', ')}`, () =>
      expect(decoded(text)).to.equal(outcome));
  }

  it('starts at a position, from either end', () => {
    expect(decoded('xx1', ', 3')).to.equal('integer 1\t4\tnil');
    expect(decoded('12', ', -1')).to.equal('integer 2\t3\tnil');
    expect(decoded('1', ', 9')).to.equal('nil nil\t2\tno valid JSON value (reached the end)');
  });

  it('puts a value of the caller in the place of null', () => {
    expect(decoded('[null]', ', 1, false')).to.equal('array{integer 1=boolean false}\t7\tnil');
    expect(decoded('{"a":null}', ', 1, nil')).to.equal('object{}\t11\tnil');
  });

  it("gives tables the caller's metatables, or none", () => {
    expect(decoded('{"a":[]}', ', 1, nil, nil')).to.equal('table{string a=table{}}\t9\tnil');
    expect(decoded('{"a":[]}', ', 1, nil, {__jsontype="O"}, {__jsontype="A"}')).to.equal(
      'O{string a=A{}}\t9\tnil',
    );
  });

  it('refuses arguments of the wrong type', () => {
    const start = 'local dkjson = require("dkjson") dkjson.decode';
    expect(failureOf(`${start}(nil)`)).to.equal(
      "test:1: bad argument #1 to 'decode' (string expected, got nil)",
    );
    expect(failureOf(`${start}("1", {})`)).to.equal(
      "test:1: bad argument #2 to 'decode' (number expected, got table)",
    );
    expect(failureOf(`${start}("{}", 1, nil, 5)`)).to.contain('bad argument #4');
  });
});

describe('dkjson.encode', () => {
  const encoded = (value: string, state = 'nil') =>
    printed(`local dkjson = require("dkjson") print(dkjson.encode(${value}, ${state}))`);

  it('tells arrays from objects as dkjson does', () => {
    expect(encoded('{1, 2}')).to.equal('[1,2]');
    expect(encoded('{}')).to.equal('[]');
    expect(encoded('setmetatable({}, {__jsontype = "object"})')).to.equal('{}');
    expect(encoded('{[1] = 1, [3] = 3}')).to.equal('[1,null,3]');
    expect(encoded('{[12] = 1}')).to.equal('{"12":1}');
    expect(encoded('{n = 3}')).to.equal('[null,null,null]');
  });

  it('indents, from a level on, and orders keys', () => {
    expect(encoded('{b = 1, a = {2}}', '{indent = true, keyorder = {"b", "a"}}')).to.equal(
      '{\n  "b":1,\n  "a":[2]\n}',
    );
    expect(encoded('{a = 1}', '{indent = true, level = 1}')).to.equal('{\n    "a":1\n  }');
    expect(
      encoded('setmetatable({b = 1, a = 2}, {__jsonorder = {"b", "a"}})', '{keyorder = {"a"}}'),
    ).to.equal('{"b":1,"a":2}');
  });

  it('writes into a buffer that is given', () => {
    const script = `local dkjson = require("dkjson") local state = {buffer = {"x", "y"}, bufferlen = 1}
      print(dkjson.encode({1}, state), state.bufferlen, table.concat(state.buffer, "|"))`;
    expect(printed(script)).to.equal('true\t4\tx|[|1|]');
  });

  it('lets objects encode themselves', () => {
    expect(encoded('{setmetatable({}, {__tojson = function() return "X" end}), dkjson.null}')).to.equal(
      '[X,null]',
    );
  });

  it('refuses what has no JSON, unless an exception handler takes it', () => {
    const start = 'local dkjson = require("dkjson") local t = {} t[1] = t dkjson.encode';
    expect(failureOf(`${start}({print})`)).to.equal("test:1: type 'function' is not supported by JSON.");
    expect(failureOf(`${start}({[true] = 1})`)).to.equal(
      "test:1: type 'boolean' is not supported as a key by JSON.",
    );
    expect(failureOf(`${start}(t)`)).to.equal('test:1: reference cycle');
    expect(encoded('{print}', '{exception = dkjson.encodeexception}')).to.equal(
      '["<type \'function\' is not supported by JSON.>"]',
    );
  });

  it('names what to use in the place of use_lpeg', () => {
    expect(failureOf('require("dkjson").use_lpeg()')).to.contain('dkjson.use_lpeg is not available');
  });
});
