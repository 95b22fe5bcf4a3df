-- What Lua 5.1 had and Lua 5.4 has not, so that scripts written for it run as they are.
-- docs/lua.md lists each difference that is left.
local error, type, pairs, ipairs, select, pcall = error, type, pairs, ipairs, select, pcall
local setmetatable, next, unpack_list = setmetatable, next, table.unpack
local load, log, fmod = load, math.log, math.fmod
local mtype, tointeger, floor, ceil = math.type, math.tointeger, math.floor, math.ceil
local gsub, gmatch, find = string.gsub, string.gmatch, string.find

unpack = unpack_list
math.pow = function(x, y)
  return x ^ y
end
math.mod = fmod
math.log10 = function(x)
  return log(x, 10)
end
math.ldexp = function(m, e)
  return m * 2.0 ^ e
end
math.sinh = function(x)
  return (math.exp(x) - math.exp(-x)) / 2
end
math.cosh = function(x)
  return (math.exp(x) + math.exp(-x)) / 2
end
math.tanh = function(x)
  local e = math.exp(2 * x)
  return e == math.huge and 1.0 or (e - 1) / (e + 1)
end
string.gfind = string.gmatch

function loadstring(text, name)
  return load(text, name, "t")
end

function gcinfo()
  return 0, 0
end

table.getn = function(list)
  return #list
end
table.maxn = function(list)
  local largest = 0
  for key in next, list do
    if type(key) == "number" and key > largest then
      largest = key
    end
  end
  return largest
end
table.foreach = function(list, visit)
  for key, value in pairs(list) do
    local result = visit(key, value)
    if result ~= nil then
      return result
    end
  end
end
table.foreachi = function(list, visit)
  for index, value in ipairs(list) do
    local result = visit(index, value)
    if result ~= nil then
      return result
    end
  end
end

-- Lua 5.1 cut the fraction off wherever a whole number was wanted, as in name:sub(1, #name / 2).
local function whole(value)
  if mtype(value) == "float" and tointeger(value) == nil then
    return value < 0 and ceil(value) or floor(value)
  end
  return value
end

local sub, rep, byte, format, random = string.sub, string.rep, string.byte, string.format, math.random

string.sub = function(text, from, to)
  return sub(text, whole(from), whole(to))
end
string.rep = function(text, count, ...)
  return rep(text, whole(count), ...)
end
string.byte = function(text, from, to)
  return byte(text, whole(from), whole(to))
end
math.random = function(...)
  local count = select("#", ...)
  if count == 0 then
    return random()
  end
  local from, to = ...
  if count == 1 then
    return random(whole(from))
  end
  return random(whole(from), whole(to))
end

-- %d and its kin took any number. Formats without a fraction in their arguments take the short way.
string.format = function(pattern, ...)
  local ok, result = pcall(format, pattern, ...)
  if ok then
    return result
  end
  if type(result) == "string" and find(result, "no integer representation", 1, true) then
    local values = { n = select("#", ...), ... }
    local index = 0
    for letter in gmatch(gsub(pattern, "%%%%", ""), "%%[-+ #0-9.]*(%a)") do
      index = index + 1
      if find("cdiouxX", letter, 1, true) then
        values[index] = whole(values[index])
      end
    end
    ok, result = pcall(format, pattern, unpack_list(values, 1, values.n))
    if ok then
      return result
    end
  end
  if type(result) == "string" then
    result = gsub(result, "'%?'", "'format'")
  end
  error(result, 2)
end

-- What cannot be had says what to write instead.
local function replaced(name, hint)
  return function()
    error(name .. " is not in Lua 5.4: " .. hint, 2)
  end
end
function getfenv(target)
  if target == nil or target == 0 or target == 1 then
    return _G
  end
  error("getfenv is not in Lua 5.4: a function's globals are its upvalue _ENV", 2)
end
setfenv = replaced("setfenv", "use load(text, name, 't', environment) or a local _ENV")
module = replaced("module", "return a table instead")
newproxy = replaced("newproxy", "use setmetatable({}, metatable)")
table.setn = replaced("table.setn", "the length is that of the list")
math.frexp = replaced("math.frexp", "use math.log(x, 2)")

-- Lua 5.1 filled `arg` in functions that take `...`.
local no_arg = replaced("arg", "use select('#', ...) or {...}")
arg = setmetatable({}, { __index = no_arg, __len = no_arg, __pairs = no_arg, __call = no_arg })
