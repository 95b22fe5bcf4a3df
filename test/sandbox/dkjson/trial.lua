-- One trial of dkjson, the same under lua5.1, lua5.4 and in the sandbox: an operation's letter, then its text.
-- Returns what came out as text that can be compared. `exact` tells integers from floats, where Lua can.
local dkjson = require("dkjson")

local function number(value, exact)
  if exact and math.type(value) == "integer" then
    return "i" .. string.format("%d", value)
  end
  -- Without integers -0 is a float that keeps its sign.
  return "n" .. string.format("%.17g", not exact and value == 0 and 0 or value)
end

local function dump(value, exact, depth)
  local kind = type(value)
  if value == dkjson.null then
    return "null"
  elseif kind == "number" then
    return number(value, exact)
  elseif kind == "string" then
    return "s" .. #value .. ":" .. value
  elseif kind ~= "table" then
    return tostring(value)
  elseif depth > 150 then
    return "deep"
  end
  local parts = {}
  for key, element in pairs(value) do
    parts[#parts + 1] = dump(key, exact, depth + 1) .. "=" .. dump(element, exact, depth + 1)
  end
  table.sort(parts)
  local meta = getmetatable(value)
  return tostring(meta and meta.__jsontype) .. "{" .. table.concat(parts, ",") .. "}"
end

local function keys_of(value, seen, list)
  for key, element in pairs(value) do
    if type(key) == "string" and not seen[key] then
      seen[key] = true
      list[#list + 1] = key
    end
    if type(element) == "table" then
      keys_of(element, seen, list)
    end
  end
  return list
end

local function encode(text, state)
  local value = dkjson.decode(text, 1, dkjson.null)
  if type(value) == "table" and value ~= dkjson.null then
    state.keyorder = keys_of(value, {}, {})
    table.sort(state.keyorder)
  end
  return dkjson.encode(value, state)
end

local counting = {
  __jsontype = "counted",
  __newindex = function(object, key, value)
    rawset(object, key, value)
    rawset(object, "count", (rawget(object, "count") or 0) + 1)
  end,
}

local operations = {
  a = function(text) return dkjson.decode(text) end,
  b = function(text) return dkjson.decode(text, 1, nil) end,
  c = function(text) return dkjson.decode(text, 1, dkjson.null) end,
  d = function(text) return dkjson.decode(text, 1, nil, nil) end,
  e = function(text) return dkjson.decode(text, 3) end,
  f = function(text) return dkjson.decode(text, -5, "none") end,
  g = function(text) return dkjson.decode(text, 1, false) end,
  h = function(text) return dkjson.decode(text, 1, nil, { __jsontype = "O" }, { __jsontype = "A" }) end,
  i = function(text) return dkjson.decode(text, 1, nil, counting) end,
  j = function(text) return dkjson.decode(text, #text + 5) end,
  q = function(text) return dkjson.quotestring(text) end,
  x = function(text) return encode(text, {}) end,
  y = function(text) return encode(text, { indent = true }) end,
  z = function(text) return encode(text, { indent = true, level = 3 }) end,
}

return function(operation, text, exact)
  local ok, value, position, message = pcall(operations[operation], text)
  if not ok then
    return "raised"
  end
  return dump(value, exact, 0) .. " " .. tostring(position) .. " " .. tostring(message)
end
