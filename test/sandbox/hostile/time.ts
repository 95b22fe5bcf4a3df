import type { Hostile } from './entry.ts';

/** They never end, each in another place. */
export const time: readonly Hostile[] = [
  { title: 'loops for ever at its top level', script: 'while true do end', ends: 'timeout' },
  {
    title: 'catches all errors of a loop at its top level',
    script: 'while true do pcall(error) end',
    ends: 'timeout',
  },
  {
    title: 'backtracks for ever at its top level',
    script: 'string.find(("a"):rep(1e6), (".-"):rep(20) .. "b")',
    ends: 'timeout',
  },
  { title: 'loops for ever', body: 'while true do end', ends: 'timeout' },
  { title: 'repeats for ever', body: 'repeat until false', ends: 'timeout' },
  { title: 'jumps back for ever', body: '::again:: goto again', ends: 'timeout' },
  { title: 'counts to the largest integer', body: 'for i = 1, math.maxinteger do end', ends: 'timeout' },
  {
    title: 'calls itself at the tail for ever',
    body: 'local function f() return f() end f()',
    ends: 'timeout',
  },
  { title: 'loops in pcall', body: 'while true do pcall(error, "x") end', ends: 'timeout' },
  {
    title: 'loops in pcall around a loop',
    body: 'while true do pcall(function() while true do end end) end',
    ends: 'timeout',
  },
  {
    title: 'loops in an error handler',
    body: 'xpcall(error, function() while true do end end)',
    ends: 'timeout',
  },
  {
    title: 'loops in a coroutine',
    body: 'coroutine.wrap(function() while true do end end)()',
    ends: 'timeout',
  },
  {
    title: 'resumes a yielding coroutine for ever',
    body: 'local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end',
    ends: 'timeout',
  },
  {
    title: 'makes coroutines for ever',
    body: 'while true do coroutine.wrap(function() coroutine.yield() end)() end',
    ends: 'timeout',
  },
  { title: 'repeats the empty string 2^53 times', body: 'string.rep("", 2^53)', ends: 'timeout' },
  { title: 'joins the empty string 2^40 times', body: 'string.rep("", 2^40, "")', ends: 'timeout' },
  {
    title: 'backtracks in string.find',
    body: 'string.find(("a"):rep(1e5), (".-"):rep(20) .. "b")',
    ends: 'timeout',
  },
  {
    title: 'backtracks in string.match',
    body: 'string.match(("a"):rep(1e5), ("a*"):rep(20) .. "b")',
    ends: 'timeout',
  },
  {
    title: 'backtracks in string.gsub',
    body: 'string.gsub(("a"):rep(1e5), (".-"):rep(20) .. "b", "")',
    ends: 'timeout',
  },
  {
    title: 'backtracks in string.gmatch',
    body: 'for _ in string.gmatch(("a"):rep(1e5), (".-"):rep(20) .. "b") do end',
    ends: 'timeout',
  },
  {
    title: 'matches balanced brackets over and over',
    body: 'string.find(("("):rep(1e5), "%b()")',
    ends: 'timeout',
  },
  {
    title: 'loops in the replacement of gsub',
    body: 'string.gsub("a", "a", function() while true do end end)',
    ends: 'timeout',
  },
  {
    title: 'moves a table over metamethods',
    body: 'table.move(setmetatable({}, {__index = function() return 1 end}), 1, 2^52, 1, setmetatable({}, {__newindex = function() end}))',
    ends: 'timeout',
  },
  { title: 'moves nothing for ever', body: 'table.move({}, 1, 2^52, 2)', ends: 'timeout' },
  {
    title: 'joins a table without end',
    body: 'table.concat(setmetatable({}, {__index = function() return "" end, __len = function() return 2^52 end}))',
    ends: 'timeout',
  },
  {
    title: 'inserts into a table without end',
    body: 'table.insert(setmetatable({}, {__len = function() return 2^52 end, __newindex = function() end, __index = function() end}), 1, 1)',
    ends: 'timeout',
  },
  {
    title: 'sorts with a comparison that loops',
    body: 'table.sort({3, 1, 2}, function() while true do end end)',
    ends: 'timeout',
  },
  {
    title: 'sorts a table that claims to be huge',
    body: 'table.sort(setmetatable({}, {__len = function() return 2^30 end, __index = function(_, i) return i end, __newindex = function() end}))',
    ends: 'timeout',
  },
  {
    title: 'walks a list without end',
    body: 'for _ in ipairs(setmetatable({}, {__index = function() return 1 end})) do end',
    ends: 'timeout',
  },
  {
    title: 'walks pairs without end',
    body: 'for _ in pairs(setmetatable({}, {__pairs = function() return function() return 1 end end})) do end',
    ends: 'timeout',
  },
  {
    title: 'loops in __index',
    body: 'return setmetatable({}, {__index = function() while true do end end}).x',
    ends: 'timeout',
  },
  {
    title: 'loops in __eq',
    body: 'local m = {__eq = function() while true do end end} return setmetatable({}, m) == setmetatable({}, m)',
    ends: 'timeout',
  },
  {
    title: 'loops in __concat',
    body: 'return setmetatable({}, {__concat = function() while true do end end}) .. "x"',
    ends: 'timeout',
  },
  {
    title: 'loops in __close',
    body: 'do local x <close> = setmetatable({}, {__close = function() while true do end end}) end',
    ends: 'timeout',
  },
  {
    title: 'loops in __close while an error passes',
    body: 'local x <close> = setmetatable({}, {__close = function() while true do end end}) error("x")',
    ends: 'timeout',
  },
  {
    title: 'loops in __tostring for print',
    body: 'print(setmetatable({}, {__tostring = function() while true do end end}))',
    ends: 'timeout',
  },
  {
    title: 'waits on the clock',
    body: 'local t = os.time() + 60 while os.time() < t do end',
    ends: 'timeout',
  },
  {
    title: 'formats numbers for ever',
    body: 'while true do string.format("%99.99f", 1e308) end',
    ends: 'timeout',
  },
  { title: 'decodes JSON for ever', body: 'while true do dkjson.decode(text) end', ends: 'timeout' },
  {
    title: 'loops in the __newindex of a decoded object',
    body: 'dkjson.decode(\'{"a":1}\', 1, nil, {__newindex = function() while true do end end})',
    ends: 'timeout',
  },
  {
    title: 'loops in __tojson',
    body: 'dkjson.encode(setmetatable({}, {__tojson = function() while true do end end}))',
    ends: 'timeout',
  },
  {
    title: 'encodes a table whose pairs never end',
    body: 'dkjson.encode(setmetatable({}, {__pairs = function() return function() return "a", 1 end end}))',
    ends: 'timeout',
  },
  {
    title: 'encodes an array that claims to be huge',
    body: 'dkjson.encode({n = 2^52}, {buffer = setmetatable({}, {__newindex = function() end})})',
    ends: 'timeout',
  },
  { title: 'prints for ever', body: 'while true do print("x") end', ends: 'timeout' },
  {
    title: 'defines its function after a loop',
    script: 'for i = 1, 1e12 do end function GetWorkloadTypeAndName() end',
    ends: 'timeout',
  },
];
