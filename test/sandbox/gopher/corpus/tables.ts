import { bodies, body, type Family } from './family.ts';

const walk = 'for k, v in pairs(t) do print(k, v) end print(#t, next(t))';

/** Ways to come to a table; each is walked and measured. */
const tables = String.raw`
{}
{ 1, 2, 3 }
{ "a", nil, "c" }
{ nil, "b", nil }
{ nil, nil, "c" }
{ "a", nil, "c", nil }
{ z = 1, y = 2, x = 3, w = 4, v = 5, u = 6, t = 7, s = 8, r = 9 }
{ "one", z = 1, "two", a = 2, "three" }
{ [3] = "c", [2] = "b", [1] = "a" }
{ [10] = "ten", [5] = "five", x = 1, [1] = "one" }
{ [1.5] = "f", [0] = "zero", [-1] = "minus", [1] = "one" }
{ [true] = 1, [false] = 2, a = 3 }
{ [2^53] = "big", [1e3] = "k", [1] = 1 }
{ n = 1, [2] = "two" }
{ f = 1, [1] = "x", g = 2, [2] = "y", h = 3, [4] = "w" }`
  .split('\n')
  .filter((line) => line !== '');

const changes = [
  '',
  't.new = "n" t.a = nil',
  't[1] = nil',
  't[#t + 1] = "end" t[#t + 1] = "last"',
  't[7] = "seven" t[4] = "four"',
  'for i = 1, 20 do t["k" .. i] = i end for i = 2, 20, 2 do t["k" .. i] = nil end',
  'for i = 20, 1, -1 do t[i] = i end',
  'table.insert(t, 1, "first") table.insert(t, "last")',
  'table.insert(t, 2, "second")',
  'table.remove(t, 1)',
];

const lists = ['{}', '{ "a" }', '{ "a", "b", "c" }', '{ "a", "b", "c", "d", "e" }'];
const listUses = [
  'table.concat(t)',
  'table.concat(t, "-")',
  'table.concat(t, "-", 2)',
  'table.concat(t, "-", 2, 3)',
  'table.concat(t, "-", 1, 10)',
  'table.concat(t, "-", 0)',
  'table.concat(t, "-", 4)',
  'table.concat(t, "-", 3, 2)',
  'table.concat(t, "-", -1, 2)',
  'table.remove(t)',
  'table.remove(t, 1)',
  'table.remove(t, 2)',
  'table.remove(t, #t)',
  'table.remove(t, #t + 1)',
  'table.remove(t, #t + 5)',
  'table.remove(t, 0)',
  'table.remove(t, -2)',
  'table.insert(t, "x")',
  'table.insert(t, 1, "x")',
  'table.insert(t, #t, "x")',
  'table.insert(t, #t + 1, "x")',
  'table.insert(t, #t + 2, "x")',
  'table.insert(t, #t + 5, "x")',
  'table.insert(t, 0, "x")',
  'table.insert(t, -3, "x")',
  'table.insert(t, nil)',
  'table.insert(t, 2.9, "x")',
  'table.getn(t)',
  'table.maxn(t)',
  'unpack(t)',
  'unpack(t, 2)',
  'unpack(t, 2, 3)',
  'unpack(t, 0, 2)',
  'unpack(t, 3, 8)',
  'select("#", unpack(t))',
  '#t',
];

export const tableScripts: Family = {
  name: 'tables and their walks',
  scripts: [
    ...tables.flatMap((table) => changes.map((change) => body(`local t = ${table} ${change} ${walk}`))),
    ...listUses.flatMap((use) =>
      lists.map((list) =>
        body(
          use.startsWith('table.insert')
            ? `local t = ${list} ${use} print(#t) ${walk}`
            : `local t = ${list} print(${use}) ${walk}`,
        ),
      ),
    ),
    ...bodies(String.raw`
local t = {} for w in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do t[w] = #w end ${walk}
local t = {} for i = 1, 100 do t["key" .. (i * 37 % 101)] = i end for k, v in pairs(t) do print(k, v) end
local t = {} for i = 1, 100 do t[i * 37 % 101] = i end for k, v in pairs(t) do print(k, v) end print(#t)
local t = {} for c in ("mississippi"):gmatch(".") do t[c] = (t[c] or 0) + 1 end for k, v in pairs(t) do print(k, v) end
local t = { a = 1, b = 2, c = 3 } for k in pairs(t) do t[k] = nil end print(next(t))
local t = { a = 1, b = 2, c = 3 } for k, v in pairs(t) do t[k] = v * 2 end for k, v in pairs(t) do print(k, v) end
local t = { a = { b = { c = 1 } } } print(t.a.b.c, t.a["b"].c, t.x)
local t = { 1, 2, 3, nil, 5 } for i, v in ipairs(t) do print(i, v) end
local t = { 1, 2, 3 } for i, v in ipairs(t) do t[i] = nil print(i, v) end print(#t)
local t = { z = 1, y = 2 } t.z = nil t.w = 1 t.z = 5 for k, v in pairs(t) do print(k, v) end
print(select("#", rawset({}, 1, 2)))
local k, v = next({ x = 1, y = 2 }) print(k, v) print(next({ x = 1, y = 2 }, "x")) print(next({ x = 1 }, "x"))
local seen = {} for _, v in ipairs({ "b", "a", "b" }) do if not seen[v] then seen[v] = true print(v) end end
local t = setmetatable({}, { __index = function(_, k) return k .. "?" end }) print(t.x, rawget(t, "x"), #t)
local t = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, v .. "!") end }) t.x = "y" print(t.x)
local t = setmetatable({ 1, 2 }, { __len = function() return 42 end }) print(#t)
local a = setmetatable({ v = 1 }, { __eq = function(a, b) return a.v == b.v end }) local b = setmetatable({ v = 1 }, getmetatable(a)) print(a == b, a ~= b, rawequal(a, b))
local m = { __lt = function(a, b) return a.v < b.v end } local a, b = setmetatable({ v = 1 }, m), setmetatable({ v = 1 }, m) print(a < b, a <= b, a > b, a >= b)
local m = { __lt = function(a, b) return a.v < b.v end, __le = function() return "yes" end } local a, b = setmetatable({ v = 1 }, m), setmetatable({ v = 1 }, m) print(a <= b, a >= b)
local m = { __add = function(a, b) return "sum" end, __concat = function() return "joined" end, __unm = function() return "minus" end } local a = setmetatable({}, m) print(a + 1, 1 + a, a .. "x", "x" .. a, -a, "5" + a)
local m = {} m.__index = m function m.new(n) return setmetatable({ n = n }, m) end function m:name() return self.n end print(m.new("x"):name())
local m = setmetatable({}, { __call = function(_, a, b) return a .. b end }) print(m("x", "y"))
print(tostring(setmetatable({}, { __tostring = function() return "me" end })))
local t = setmetatable({}, { __metatable = "locked" }) print(getmetatable(t), pcall(setmetatable, t, {}) )
local t = { 3, 1, 2 } table.sort(t) print(unpack(t)) table.sort(t, function(a, b) return a > b end) print(unpack(t))
local t = { "b", "A", "a", "10", "9", "_" } table.sort(t) print(table.concat(t, " "))
local t = { 1.5, -2, 1e3, 0.1, 7 } table.sort(t) print(table.concat(t, " "))
local t = { "x", 1 } table.sort(t)
local t = { {}, {} } table.sort(t)
local t = {} table.sort(t) print(#t) table.sort({ 1 }, function() error("never") end)
local t = { 1, 2, 3 } print(pcall(table.sort, t, function() error("no") end) == false)`),
    ...sorts(),
  ],
};

/** Lists with ties, and comparisons that contradict themselves, of lengths at which Go's sort goes other ways. */
function sorts(): string[] {
  const comparisons = [
    'a[1] < b[1]',
    'a[1] > b[1]',
    'a[1] <= b[1]',
    'a[1] >= b[1]',
    '#a[2] < #b[2]',
    'a[1] % 3 < b[1] % 3',
    'true',
    'false',
  ];
  return [2, 5, 12, 13, 30, 60, 200].flatMap((length) =>
    comparisons.map((comparison) =>
      body(
        `local t, r = {}, 7 for i = 1, ${length} do r = (r * 1103 + 12345) % 65536 t[i] = { r % ${Math.ceil(length / 3)}, ("x"):rep(r % 4), i } end ` +
          `table.sort(t, function(a, b) return ${comparison} end) local s = {} for i, v in ipairs(t) do s[i] = v[3] end print(table.concat(s, " "))`,
      ),
    ),
  );
}
