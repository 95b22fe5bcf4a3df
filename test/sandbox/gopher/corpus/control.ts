import { bodies, type Family } from './family.ts';

/** Functions, closures, coroutines, errors, goto and what else a program is made of; a whole script where it matters. */
export const controlScripts: Family = {
  name: 'control, errors, coroutines',
  scripts: [
    ...bodies(String.raw`
local function f(...) return select("#", ...), ... end print(f()) print(f(nil)) print(f(1, nil, nil)) print((f(1, 2)))
local function f(a, b) return b, a end print(f(1)) print(f(1, 2, 3)) local t = { f(1, 2), f(3, 4) } print(#t, t[1], t[2], t[3])
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end print(fact(5), fact(20), fact(25))
local function counter() local n = 0 return function() n = n + 1 return n end end local a, b = counter(), counter() print(a(), a(), b())
local fs = {} for i = 1, 3 do fs[i] = function() return i end end print(fs[1](), fs[2](), fs[3]())
local i = 1 while i < 100 do i = i * 2 if i > 50 then break end end print(i) repeat local x = i i = i - 10 until x < 20 print(i)
for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end print(i, j) ::continue:: end end
goto done print("no") ::done:: print("yes")
do local x = 1 do local x = 2 print(x) end print(x) end
local a, b, c = (function() return 1, 2, 3 end)() print(a, b, c) local d, e = ((function() return 1, 2 end)()) print(d, e)
print(pcall(function() return 1, 2 end)) print(select("#", pcall(error))) print(pcall(error, nil))
local ok, e = pcall(error, "plain") print(ok, e) ok, e = pcall(error, "at", 0) print(ok, e) ok, e = pcall(error, { 1 }) print(ok, type(e), e[1])
local ok, e = pcall(function() error("here") end) print(ok, e) ok, e = pcall(function() error("up", 2) end) print(ok, type(e))
local ok, e = pcall(function() error() end) print(ok, e) ok, e = pcall(function() error(42) end) print(ok, type(e), e) ok, e = pcall(function() error(true) end) print(ok, e)
local ok, e = pcall(function() local x = nil return x.y end) print(ok, type(e)) ok, e = pcall(function() return 1 + {} end) print(ok, type(e)) ok, e = pcall(function() return #nil end) print(ok)
print(pcall(nil) == false, pcall(5) == false, (pcall(setmetatable({}, { __call = function() return "called" end }))))
print(xpcall(function() error("x", 0) end, function(e) return "handled " .. e end)) print(xpcall(function() return 1 end, print))
print(assert(1, "m"), assert("x"), pcall(assert, false) == false, pcall(assert, nil, "why") == false, select("#", assert(1, 2, 3)))
local ok, e = pcall(function() assert(false, "why") end) print(ok, e:find("why") ~= nil)
local ok, a = pcall(pcall, error, "x") print(ok, a)
local ok, e = pcall(function() string.rep() end) print(ok) ok, e = pcall(ipairs) print(ok) ok, e = pcall(pairs, nil) print(ok) ok, e = pcall(tostring) print(ok)
local co = coroutine.create(function(a, b) print(a, b) local c, d = coroutine.yield(a + b) print(c, d) return "end" end) print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 3, 4)) print(coroutine.status(co), (coroutine.resume(co)))
local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(f(), f(), f(), f())
local co = coroutine.create(function() error("inside", 0) end) print(coroutine.resume(co)) print(coroutine.status(co))
local co co = coroutine.create(function() print(coroutine.status(co), coroutine.running() == co) end) print(coroutine.status(co)) coroutine.resume(co) print(coroutine.status(co))
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end end) end for a, b in gen(3) do print(a, b) end
local function gen(t) return coroutine.wrap(function() for k, v in pairs(t) do coroutine.yield(k, v) end end) end for k, v in gen({ b = 1, a = 2 }) do print(k, v) end
print(pcall(coroutine.wrap(function() error("x", 0) end)))
local ok = pcall(function() coroutine.yield(1) end) print(ok)
print(loadstring("return 1 + 1")(), loadstring("x = = 1") == nil, loadstring("return '\\-'")(), select("#", loadstring("return")()))
local f = loadstring("local a, b = ... return b, a") print(f(1, 2)) local n = 0 local g = load(function() n = n + 1 return ({ "return ", "4", "2" })[n] end) print(g())
x = 5 print(x, _G.x, _G["x"]) _G.y = 6 print(y) local function g() z = 7 end g() print(z, rawget(_G, "undefined"))
print(_VERSION, type(_G), _G._G == _G, type(arg))
print(type(string), type(table), type(math), type(os), type(coroutine), type(require), type(package), type(unpack), type(loadstring))
local s = 0 for _, v in ipairs({ 1, 2, 3 }) do s = s + v end print(s) local t = {} for k, v in pairs({ a = 1, b = 2 }) do t[#t + 1] = k .. v end print(table.concat(t, ","))
local t = { f = function(self, x) return self.n + x end, n = 5 } print(t:f(1), t.f(t, 2), t["f"](t, 3)) function t.g(x) return x end function t:h() return self.n end print(t.g(1), t:h())
local mt = { __index = function(t, k) return k end } local t = setmetatable({}, mt) print(t.a, t[1], rawget(t, "a"))
local a <close> = nil print(a)
local big = {} for i = 1, 200 do big[i] = i end print(select("#", unpack(big)))
local function f(n) if n == 0 then return "done" end return f(n - 1) end print(f(1000))
local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(100))
if nil then print(1) elseif 0 then print(2) else print(3) end
print((("x")), #{ 1, 2, { 3 } }, ({ 1, 2 })[2], ("abc"):len(), #"abc" + 1)
local a = { b = { c = function() return { d = "deep" } end } } print(a.b.c().d, a["b"].c()["d"])
print(type(collectgarbage("count")), type(os.time()), math.type == nil or true)
local t = {} t[1], t[2], t[3] = 1, 2 print(#t, t[3]) local i = 1 i, t[i] = i + 1, 20 print(i, t[1], t[2])
return 1, 2
return "a"
return
return nil, "x"
return "Job", "a", "b"
return true, false
return {}, print
error("refused")
error({ code = 1 })
error()
local x = nil; return x.y
undefined_function()
return m.labels
return ("x").y.z`),
    'parts = {} local json = require("dkjson") function GetWorkloadTypeAndName(m) parts[#parts + 1] = #m return "Job", table.concat(parts, ".") end',
    'kind, name = "", "" function GetWorkloadTypeAndName(m) if #m > 2 then kind, name = "Job", "x" end return kind, name end',
    'local n = 0 function GetWorkloadTypeAndName(m) n = n + 1 return "Job", "n" .. n end',
    'local cache = {} function GetWorkloadTypeAndName(m) if not cache.first then cache.first = #m end return "Job", "n" .. cache.first end',
    'function GetWorkloadTypeAndName(m) string.mine = (string.mine or 0) + 1 return "Job", "n" .. string.mine end',
    'function GetWorkloadTypeAndName(m) counter = (counter or 0) + 1 return "Job", "n" .. counter end',
    'function GetWorkloadTypeAndName(m) local n = #m GetWorkloadTypeAndName = function() return "Job", "again" end return "Job", "n" .. n end',
    'local co = coroutine.wrap(function() local n = 0 while true do n = n + 1 coroutine.yield(n) end end) function GetWorkloadTypeAndName(m) return "Job", "n" .. co() end',
    'print("loading") function GetWorkloadTypeAndName(m) print("asked") return "", "" end',
    'GetWorkloadTypeAndName = 5',
    'local function GetWorkloadTypeAndName() end',
    'error("at the top")',
    'function GetWorkloadTypeAndName(m) return "Job", ... end',
    'return 1',
    'x = = 1',
  ],
};
