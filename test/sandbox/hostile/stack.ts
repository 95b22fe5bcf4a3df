import type { Hostile } from './entry.ts';

/** They nest too deep, in Lua or in the C code below it. */
export const stack: readonly Hostile[] = [
  {
    title: 'calls itself without end',
    body: 'local function f() return 1 + f() end f()',
    ends: 'runtime',
    message: /^test:4: stack overflow$/,
  },
  {
    title: 'calls itself through pcall',
    body: 'local function f() local ok, e = pcall(f) error(e, 0) end f()',
    ends: 'runtime',
    message: /stack overflow/,
  },
  {
    title: 'calls itself through gsub',
    body: 'local function f() return (("a"):gsub("a", f)) end f()',
    ends: 'runtime',
    message: /stack overflow/,
  },
  {
    title: 'calls itself through sort',
    body: 'local function f() table.sort({2, 1}, f) return true end f()',
    ends: 'runtime',
    message: /stack overflow/,
  },
  {
    title: 'calls itself through __index',
    body: 'local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end}) return t.x',
    ends: 'runtime',
    message: /stack overflow|not enough memory/,
  },
  {
    title: 'calls itself through __tostring',
    body: 'local m = {} m.__tostring = function(x) return tostring(setmetatable({}, m)) end tostring(setmetatable({}, m))',
    ends: 'runtime',
    message: /stack overflow/,
  },
  {
    title: 'chains __index in a circle',
    body: 'local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) return a.x',
    ends: 'runtime',
    message: /loop/,
  },
  {
    title: 'chains __newindex in a circle',
    body: 'local a, b = {}, {} setmetatable(a, {__newindex = b}) setmetatable(b, {__newindex = a}) a.x = 1',
    ends: 'runtime',
    message: /loop/,
  },
  {
    title: 'nests coroutines',
    body: 'local function f() return coroutine.wrap(f)() end f()',
    ends: 'runtime',
    message: /^test:4: C stack overflow/,
  },
  {
    title: 'resumes itself',
    body: 'local co co = coroutine.create(function() assert(coroutine.resume(co)) end) assert(coroutine.resume(co))',
    ends: 'runtime',
    message: /non-suspended/,
  },
  {
    title: 'fails in its error handler, again and again',
    body: 'local function h() error("x") end local ok, e = xpcall(error, h) error(e, 0)',
    ends: 'runtime',
  },
  {
    title: 'nests brackets in its text',
    script: `x = ${'('.repeat(1000)}1${')'.repeat(1000)}`,
    ends: 'compile',
    message: /overflow|levels/,
  },
  {
    title: 'nests tables in its text',
    script: `x = ${'{'.repeat(1000)}${'}'.repeat(1000)}`,
    ends: 'compile',
    message: /overflow|levels/,
  },
  {
    title: 'nests functions in its text',
    script: `${'x = function() '.repeat(1000)}${' end'.repeat(1000)}`,
    ends: 'compile',
    message: /overflow|levels/,
  },
  {
    title: 'nests blocks in its text',
    script: `${'do '.repeat(1000)}${' end'.repeat(1000)}`,
    ends: 'compile',
    message: /overflow|levels/,
  },
  {
    title: 'has too many locals',
    script: Array.from({ length: 300 }, (_, i) => `local a${i} = 1`).join(' '),
    ends: 'compile',
    message: /too many local variables/,
  },
  {
    title: 'unpacks more than the stack holds',
    body: 'local t = {} return table.unpack(t, 1, 1e8)',
    ends: 'runtime',
    message: /too many results/,
  },
  {
    title: 'passes more arguments than the stack holds',
    body: 'string.char(table.unpack({}, 1, 2e6))',
    ends: 'runtime',
    message: /too many results/,
  },
  {
    title: 'decodes a deep document',
    body: 'dkjson.decode(("["):rep(6e5) .. ("]"):rep(6e5))',
    ends: 'runtime',
    message: /stack overflow/,
  },
  {
    title: 'decodes an unfinished deep document',
    body: 'local _, _, e = dkjson.decode(("["):rep(1e5)) error(e, 0)',
    ends: 'runtime',
    message: /unterminated array at line 1, column 100000/,
  },
  {
    title: 'encodes a deep table',
    body: 'local t = {} for i = 1, 2e5 do t = {t} end dkjson.encode(t)',
    ends: 'runtime',
    message: /stack overflow/,
    memoryMiB: 128,
  },
  {
    title: 'encodes a table that holds itself',
    body: 'local t = {} t[1] = t dkjson.encode(t)',
    ends: 'runtime',
    message: /reference cycle/,
  },
  {
    title: 'matches a pattern too deep',
    body: 'string.match(("x"):rep(1e5), ("(x?)"):rep(40))',
    ends: 'runtime',
    message: /too many captures/,
  },
  {
    title: 'matches a pattern of nested recursion',
    body: 'string.find(("x"):rep(3e5), (".?"):rep(3e5) .. "y")',
    ends: 'runtime',
    message: /pattern too complex/,
  },
];
