import { expect } from 'chai';
import { failureOf, printed } from './engine.ts';

/** What Lua 5.1 has and Lua 5.4 has not, with gopher-lua's answers; docs/lua.md lists what is left. */
describe('A script written for Lua 5.1', () => {
  const same: Record<string, [script: string, output: string]> = {
    'prints whole floats without a fraction': [
      'print(6/2, 2^10, 7/2, -0.0, 1e15, 1e100)',
      '3\t1024\t3.5\t0\t1000000000000000\t1e+100',
    ],
    'joins whole floats without a fraction': ['print("web-" .. 6/2 .. "-" .. 10/4)', 'web-3-2.5'],
    'formats whole floats without a fraction': [
      'print(("%s"):format(6/2), table.concat({6/2, 1}, ","))',
      '3\t3,1',
    ],
    'uses math.floor in a name': ['print("p" .. math.floor(7/2))', 'p3'],
    'unpacks lists with unpack': ['print(unpack({1, 2, 3}, 2))', '2\t3'],
    'loads text with loadstring': [
      'print(loadstring("return 5")()) print(loadstring("x =", "n"))',
      '5\nnil\t[string "n"]:1: unexpected symbol near <eof>',
    ],
    'raises with math.pow': ['print(math.pow(2, 10))', '1024'],
    'divides with math.mod': ['print(math.mod(7, 3), math.fmod(-7, 3))', '1\t-1'],
    'takes logarithms with math.log10': ['print(math.log10(1000))', '3'],
    'scales with math.ldexp': ['print(math.ldexp(3, 4))', '48'],
    'has hyperbolic functions': [
      'print(math.sinh(0), math.cosh(0), math.tanh(0), math.tanh(1000))',
      '0\t1\t0\t1',
    ],
    'counts with table.getn': ['print(table.getn({1, 2}))', '2'],
    'finds the largest index with table.maxn': [
      'print(table.maxn({[1]=1, [9.5]=1, x=1}), table.maxn({[7]=1}), table.maxn({}))',
      '1\t7\t0',
    ],
    'visits with table.foreach': ['print(table.foreach({a=1}, function(k, v) return k .. v end))', 'a1'],
    'visits lists with table.foreachi': ['table.foreachi({"a", "b"}, print)', '1\ta\n2\tb'],
    'iterates with string.gfind': ['for w in string.gfind("a b", "%a") do print(w) end', 'a\nb'],
    'formats floats with %d': [
      'print(string.format("%d %d %5d|%s", 3.0, 3.7, -3.7, 1.5), ("%x"):format(255.5))',
      '3 3    -3|1.5\tff',
    ],
    'cuts strings at halves': [
      'print(("abcdef"):sub(1, 5/2), ("ab"):rep(2.9), ("abc"):byte(1.5))',
      'ab\tabab\t97',
    ],
    'draws random numbers up to a fraction': [
      'local n = math.random(2.5) print(n == 1 or n == 2, math.random(3.2, 3.9))',
      'true\t3',
    ],
    'asks for its globals with getfenv': ['x = 1 print(getfenv().x, getfenv(1) == _G)', '1\ttrue'],
    'asks for memory with gcinfo': ['print(gcinfo())', '0\t0'],
    'prints what is no number, and what has no end': ['print(0/0 ~= 0/0, 1/0, -1/0)', 'true\t+Inf\t-Inf'],
    'has doubles and no other numbers': [
      'print(9007199254740993, 100000000000000, 1e14) local h = 7 for i = 1, 40 do h = h * 31 + 101 end print(h % 16)',
      '9007199254740992\t100000000000000\t100000000000000\n0',
    ],
    'takes numbers apart with math.frexp': ['print(math.frexp(8))', '0.5\t4'],
    'cuts fractions off wherever a whole number is wanted': [
      'local t = {1, 2} table.insert(t, 1.5, 0) print(t[1], t[2], select(2.7, "a", "b"))',
      '0\t1\tb',
    ],
    'may use what is new': ['local x <const> = 7 // 2 print(x, 6 & 3)', '3\t2'],
  };
  for (const [title, [script, output]] of Object.entries(same)) {
    it(title, () => expect(printed(script)).to.equal(output));
  }

  const refused: Record<string, [script: string, message: string]> = {
    'is told what to use for setfenv': [
      'setfenv(1, {})',
      "test:1: setfenv is not in Lua 5.4: use load(text, name, 't', environment) or a local _ENV",
    ],
    "is told what to use for another function's getfenv": [
      'getfenv(print)',
      "test:1: getfenv is not in Lua 5.4: a function's globals are its upvalue _ENV",
    ],
    'is told what to use for the vararg table arg': [
      'local function f(...) return #arg end f(1)',
      "test:1: arg is not in Lua 5.4: use select('#', ...) or {...}",
    ],
    'is told what to use for a field of arg': [
      'local function f(...) return arg.n end f(1)',
      "test:1: arg is not in Lua 5.4: use select('#', ...) or {...}",
    ],
    'is told what to use for module': [
      'module("x")',
      'test:1: module is not in Lua 5.4: return a table instead',
    ],
    'is told what to use for newproxy': [
      'newproxy(true)',
      'test:1: newproxy is not in Lua 5.4: use setmetatable({}, metatable)',
    ],
    'is told what to use for table.setn': [
      'table.setn({}, 1)',
      'test:1: table.setn is not in Lua 5.4: the length is that of the list',
    ],
    'is told which number is missing': [
      'local t = {}\nx = math.pow(2, t.size)',
      "test:2: bad argument #2 to 'pow' (number expected, got nil)",
    ],
    'is told of the remainder of a division by zero': [
      'local z = 0 x = 5 % z',
      "test:1: attempt to perform 'n%0'",
    ],
    'is told that goto is no name': ['goto = 1', "test:1: <name> expected near '='"],
  };
  for (const [title, [script, message]] of Object.entries(refused)) {
    it(title, () => expect(failureOf(script)).to.equal(message));
  }

  it('keeps the error of a format that is wrong in both versions', () => {
    expect(failureOf('string.format("%d", "x")')).to.contain("bad argument #2 to 'format'");
  });
});
