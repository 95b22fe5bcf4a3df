import type { Hostile } from './entry.ts';

/** Their errors are no strings, or strings that want to be something else. */
export const errors: readonly Hostile[] = [
  {
    title: 'raises a table',
    body: 'error({code = 1})',
    ends: 'runtime',
    message: /^error object is a table, not a string$/,
  },
  { title: 'raises nil', body: 'error(nil)', ends: 'runtime', message: /^error object is a nil/ },
  { title: 'raises true', body: 'error(true)', ends: 'runtime', message: /^error object is a boolean/ },
  { title: 'raises a number', body: 'error(42, 0)', ends: 'runtime', message: /^42$/ },
  {
    title: 'raises a function',
    body: 'error(print)',
    ends: 'runtime',
    message: /^error object is a function/,
  },
  {
    title: 'raises a coroutine',
    body: 'error(coroutine.create(print))',
    ends: 'runtime',
    message: /^error object is a thread/,
  },
  {
    title: 'raises an object with __tostring that loops',
    body: 'error(setmetatable({}, {__tostring = function() while true do end end}))',
    ends: 'runtime',
    message: /^error object is a table/,
  },
  {
    title: 'raises an object with __name',
    body: 'error(setmetatable({}, {__name = ("x"):rep(1e6)}))',
    ends: 'runtime',
    message: /^error object is a table/,
  },
  { title: 'raises a megabyte', body: 'error(("x"):rep(1e6))', ends: 'runtime', message: /^test:4: x+…$/ },
  { title: 'raises NUL bytes', body: 'error("a\\0b", 0)', ends: 'runtime', message: /^test:4: a\ufffdb$/u },
  {
    title: 'raises bytes that are no UTF-8',
    body: 'error("\\xff\\xfe", 0)',
    ends: 'runtime',
    message: /^test:4: \ufffd+$/u,
  },
  {
    title: 'raises what looks like a line of the log',
    body: 'error("x\\n{\\"level\\":\\"error\\"}\\r\\n", 0)',
    ends: 'runtime',
    message: /^test:4: x \{"level":"error"\}$/,
  },
  {
    title: 'raises terminal codes',
    body: 'error("\\27[31mred", 0)',
    ends: 'runtime',
    message: /^test:4: \ufffd\[31mred$/u,
  },
  {
    title: 'raises text that turns around',
    body: 'error("\\u{202e}abc", 0)',
    ends: 'runtime',
    message: /^test:4: \ufffdabc$/u,
  },
  {
    title: "raises another plugin's place",
    body: 'error("other:99: x", 0)',
    ends: 'runtime',
    message: /^test:4: other:99: x$/,
  },
  {
    title: 'raises at its top level',
    script: 'error({})',
    ends: 'load',
    message: /^error object is a table/,
  },
  {
    title: 'closes a variable with an error',
    body: 'local x <close> = setmetatable({}, {__close = function() error("closed", 0) end}) error("first")',
    ends: 'runtime',
    message: /^test:4: closed$/,
  },
  {
    title: 'yields out of its function',
    body: 'coroutine.yield()',
    ends: 'runtime',
    message: /outside a coroutine/,
  },
  {
    title: 'yields at its top level',
    script: 'coroutine.yield()',
    ends: 'load',
    message: /outside a coroutine/,
  },
  { title: 'claims to be out of memory', body: 'error("not enough memory", 0)', ends: 'memory' },
];
