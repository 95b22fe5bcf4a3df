-- Tables and their walks as gopher-lua, which DeepFlow runs, has them; and what Lua 5.1 had beside it. table.sort is in
-- sort.lua.
-- docs/lua.md lists each difference that is left.
local error, type, select, rawget, rawset = error, type, select, rawget, rawset
local setmetatable, floor = setmetatable, math.floor
local concat, insert, remove = table.concat, table.insert, table.remove
local native_pairs, native_ipairs = pairs, ipairs

local function check_table(name, list)
  if type(list) ~= "table" then
    error("bad argument #1 to '" .. name .. "' (table expected, got " .. type(list) .. ")", 3)
  end
end

function table.concat(list, separator, from, to)
  check_table("concat", list)
  local length = #list
  if from and not to and (from > length or from < 1) then
    return ""
  end
  if from == nil or from < 1 or length < 1 then
    from = 1
  elseif from > length then
    from = length
  end
  if to == nil or to > length then
    to = length
  end
  return concat(list, separator, from, to)
end

function table.insert(list, position, ...)
  check_table("insert", list)
  if select("#", ...) == 0 then
    return insert(list, position)
  end
  local value = ...
  if type(position) ~= "number" then
    error("bad argument #2 to 'insert' (number expected, got " .. type(position) .. ")", 2)
  end
  position = floor(position)
  if position > #list or position < 1 then
    rawset(list, position, value)
  else
    insert(list, position, value)
  end
end

function table.remove(list, position)
  check_table("remove", list)
  local length = #list
  if length == 0 or position ~= nil and position > length then
    return nil
  end
  if position == nil or position < 1 then
    position = length
  end
  return (remove(list, position))
end

unpack = table.unpack
table.getn = function(list)
  return #list
end
table.maxn = function(list)
  check_table("maxn", list)
  return #list
end
table.foreach = function(list, visit)
  for key, value in native_pairs(list) do
    local result = visit(key, value)
    if result ~= nil then
      return result
    end
  end
end
table.foreachi = function(list, visit)
  for index, value in native_ipairs(list) do
    local result = visit(index, value)
    if result ~= nil then
      return result
    end
  end
end

function pairs(value)
  check_table("pairs", value)
  return native_pairs(value)
end
function ipairs(value)
  check_table("ipairs", value)
  return native_ipairs(value)
end

-- `<=` is "not greater" where there is only __lt. Finalizers would run at a time that no call can answer for.
function _G.setmetatable(object, metatable)
  if type(metatable) == "table" then
    if rawget(metatable, "__gc") ~= nil then
      error("__gc is not available: a finalizer has no call to run in", 2)
    end
    if rawget(metatable, "__lt") ~= nil and rawget(metatable, "__le") == nil then
      rawset(metatable, "__le", function(a, b)
        return not (b < a)
      end)
    end
  end
  return setmetatable(object, metatable)
end
