import type { Hostile } from './entry.ts';

/** They look for a door, or break what their own next call needs. */
export const environment: readonly Hostile[] = [
  ...missing({
    'opens a file': 'io.open("/etc/passwd")',
    'reads lines of a file': 'for line in io.lines("/etc/passwd") do end',
    'starts a process': 'os.execute("true")',
    'starts a process through a pipe': 'io.popen("true")',
    'ends the process': 'os.exit(1)',
    'reads the environment': 'os.getenv("PATH")',
    'removes a file': 'os.remove("/tmp/x")',
    'renames a file': 'os.rename("/tmp/x", "/tmp/y")',
    'makes a file': 'os.tmpname()',
    'changes the locale': 'os.setlocale("C")',
    'runs a file': 'dofile("/etc/passwd")',
    'loads a file': 'loadfile("/etc/passwd")()',
    'loads a library': 'package.loadlib("/lib/libc.so", "system")',
    'searches for a library': 'package.searchpath("x", "/?")',
    'sets a debug hook': 'debug.sethook(print, "c")',
    'reads the registry': 'debug.getregistry()',
    'dumps bytecode': 'string.dump(print)',
  }),
  {
    title: 'requires what is not there',
    body: 'require("socket.http")',
    ends: 'runtime',
    message: /module 'socket.http' not found/,
  },
  {
    title: 'runs bytecode',
    body: 'assert(load("\\27Lua\\x54\\0"))()',
    ends: 'runtime',
    message: /attempt to load a binary chunk/,
  },
  { title: 'is bytecode', script: '\x1bLua\x54\x00\x19\x93', ends: 'compile', message: /binary chunk/ },
  {
    title: 'sets a finalizer',
    body: 'setmetatable({}, {__gc = function() while true do end end})',
    ends: 'runtime',
    message: /__gc is not available/,
  },
  { title: 'writes its parameters', script: 'parameters.x = 1', ends: 'load', message: /parameters/ },
  {
    title: 'takes the environment away',
    body: '_ENV = nil print("x")',
    ends: 'runtime',
    message: /attempt to index a nil value/,
  },
  {
    title: 'empties _G',
    body: 'for k in pairs(_G) do _G[k] = nil end return "Job", "a"',
    ends: 'runtime',
    calls: 2,
    // Which of them goes first, pairs or _G, is left to chance: Lua seeds its hashes.
    message: /nil value|not enough|got nil/,
  },
  {
    title: 'empties _G and goes on with what it has',
    body: 'local g = _G for k in next, g do g[k] = nil end do return "Job", "a" end',
    ends: 'resolved',
    calls: 1,
  },
  {
    title: 'replaces the library of strings',
    body: 'for k in pairs(string) do string[k] = error end return "Job", "a"',
    ends: 'resolved',
    calls: 3,
  },
  {
    title: 'replaces what dkjson is made of',
    body: 'dkjson.encode, dkjson.null = nil, nil string.format = nil table.concat = nil return "Job", "a"',
    ends: 'resolved',
    calls: 3,
  },
  {
    title: 'replaces dkjson.decode for its next call',
    body: 'dkjson.decode = error return "Job", "a"',
    ends: 'resolved',
    calls: 2,
  },
  {
    title: 'changes the metatable of strings',
    body: 'getmetatable("").__index = function() return error end return "Job", "a"',
    ends: 'resolved',
    calls: 3,
  },
  {
    title: 'makes _G refuse everything',
    body: 'setmetatable(_G, {__index = error, __newindex = error}) return "Job", "a"',
    ends: 'resolved',
    calls: 3,
  },
  {
    title: 'removes its own function',
    body: 'GetWorkloadTypeAndName = nil return "Job", "a"',
    ends: 'resolved',
    calls: 3,
  },
  {
    title: 'never defines its function',
    script: 'function getWorkloadTypeAndName() end',
    ends: 'load',
    message: /must define the global function GetWorkloadTypeAndName/,
  },
  {
    title: 'defines a table in place of its function',
    script: 'GetWorkloadTypeAndName = setmetatable({}, {__call = print})',
    ends: 'load',
    message: /but it is table/,
  },
  { title: 'is empty', script: '', ends: 'load' },
  { title: 'is a quarter of a megabyte of comments', script: `--${'x'.repeat(262_000)}`, ends: 'load' },
  { title: 'is no Lua at all', script: '{"kind": "LuaPlugin"}', ends: 'compile', message: /^test:1:/ },
  { title: 'holds NUL bytes', script: 'x = "a\0b" y = = 1', ends: 'compile', message: /^test:1:/ },
  {
    title: 'decodes with a metatable that refuses',
    body: 'dkjson.decode(\'{"a":1}\', 1, nil, {__newindex = function() error("no", 0) end})',
    ends: 'runtime',
    message: /^test:4: no$/,
  },
  {
    title: 'decodes from within a decode',
    body: 'local seen = dkjson.decode(\'{"a":[1,2]}\', 1, nil, {__newindex = function(t, k, v) rawset(t, k, dkjson.decode("[3]")[1] + #v) end}) return "Job", "x" .. seen.a',
    ends: 'resolved',
  },
  {
    title: 'decodes with arguments of all wrong types',
    body: 'dkjson.decode({}, {}, {}, {}, {})',
    ends: 'runtime',
    message: /bad argument #1 to 'decode'/,
  },
];

function missing(bodies: Record<string, string>): Hostile[] {
  return Object.entries(bodies).map(([title, body]) => ({
    title,
    body,
    ends: 'runtime',
    message: /attempt to (call|index) a nil value/,
  }));
}
