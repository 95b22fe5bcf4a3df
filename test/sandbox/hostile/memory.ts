import type { Hostile } from './entry.ts';

/** They take memory until there is none, each of another kind. */
export const memory: readonly Hostile[] = [
  ...entries({
    'fills a table with strings': 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e5) .. i end',
    'fills a table with numbers': 'local t = {} for i = 1, 1e9 do t[i] = i end',
    'doubles a string': 'local s = "x" while true do s = s .. s end',
    'makes one string of 512 MiB': 'local s = ("x"):rep(2^29)',
    'joins a huge list': 'local t = {} for i = 1, 20 do t[i] = ("x"):rep(2^20) end table.concat(t)',
    'grows a string in gsub': 'local s = (("x"):rep(2^16)):gsub("x", ("y"):rep(2^10))',
    'formats huge strings': 'local s = ("x"):rep(2^22) s = ("%s%s%s%s"):format(s, s, s, s)',
    'keeps closures': 'local t = {} for i = 1, 1e9 do t[i] = function() return i end end',
    'keeps coroutines':
      'local t = {} for i = 1, 1e9 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end',
    'nests tables': 'local t = {} while true do t = {t, {}} end',
    'loads a huge text': 'load(("x = 1 "):rep(2^21))',
    'packs a huge list':
      'local t = {} for i = 1, 1e6 do t[i] = i end for i = 1, 100 do t[i] = table.pack(table.unpack(t, 1, 2e5)) end',
    'catches its errors and goes on':
      'local t = {} for i = 1, 1e9 do local ok = pcall(function() t[#t + 1] = ("x"):rep(1e6) .. i end) if not ok then t[#t + 1] = ("x"):rep(1e7) end end',
    'decodes a document of many values': 'dkjson.decode("[" .. ("1,"):rep(4e6) .. "1]")',
    'decodes many documents and keeps them':
      'local t = {} while true do t[#t + 1] = dkjson.decode(\'{"a":[1,2,3,{"b":"\' .. #t .. \'"}]}\') end',
    'decodes a huge string with escapes': 'dkjson.decode(\'"\' .. ("\\\\n"):rep(4e6) .. \'"\')',
    'encodes a huge text':
      'local t = {} for i = 1, 1000 do t[i] = ("\\1"):rep(1000) end dkjson.encode({t, t, t, t, t, t})',
    'prints a huge text': 'local s = ("x"):rep(2^22) print(s, s, s, s)',
    'takes its memory in a coroutine':
      'coroutine.wrap(function() local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e5) .. i end end)()',
    'takes its memory in an error handler':
      'xpcall(error, function() local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e5) .. i end end) error("not enough memory", 0)',
  }),
  {
    title: 'takes its memory at the top level',
    script: 'local t = {} for i = 1, 1e9 do t[i] = ("x"):rep(1e5) .. i end',
    ends: 'memory',
  },
  {
    title: 'holds more memory with each call',
    script:
      'held = {} function GetWorkloadTypeAndName() for i = 1, 3 do held[#held + 1] = ("x"):rep(1e6) .. #held end return "", "" end',
    ends: 'skipped',
    calls: 5,
  },
  {
    title: 'loads from a reader that never ends',
    body: 'load(function() return " " end)',
    ends: 'memory',
  },
  {
    title: 'starts afresh after it ran out of memory',
    script:
      'held = {} function GetWorkloadTypeAndName() for i = 1, 3 do held[#held + 1] = ("x"):rep(1e6) .. #held end return "Job", tostring(#held) end',
    ends: 'resolved',
    calls: 6,
  },
];

function entries(bodies: Record<string, string>): Hostile[] {
  return Object.entries(bodies).map(([title, body]) => ({ title, body, ends: 'memory' }));
}
