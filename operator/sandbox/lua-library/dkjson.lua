-- require("dkjson"): the interface of dkjson 2.8, written from its documentation and its behaviour.
-- Decoding happens outside of Lua; encoding is here. Runs first, while debug.getmetatable is there: a table may hide
-- its metatable from scripts, but dkjson sees it.
local decode = ...

local error, type, pairs, select, tostring, tonumber = error, type, pairs, select, tostring, tonumber
local setmetatable, metatable_of = setmetatable, debug.getmetatable
local mtype, tointeger, huge = math.type, math.tointeger, math.huge
local concat, rep, gsub, byte, format, find = table.concat, string.rep, string.gsub, string.byte, string.format, string.find

local json = { version = "dkjson 2.8" }

json.null = setmetatable({}, {
  __tojson = function()
    return "null"
  end,
})

local function wrong(index, expected, value)
  error("bad argument #" .. index .. " to 'decode' (" .. expected .. " expected, got " .. type(value) .. ")", 3)
end

function json.decode(text, position, null, ...)
  if type(text) ~= "string" then
    if type(text) ~= "number" then
      wrong(1, "string", text)
    end
    text = tostring(text)
  end
  if position == nil then
    position = 1
  elseif mtype(position) ~= "integer" then
    local number = tonumber(position)
    if number == nil then
      wrong(2, "number", position)
    end
    position = tointeger(number)
    if position == nil then
      error("bad argument #2 to 'decode' (number has no integer representation)", 2)
    end
  end
  if select("#", ...) == 0 then
    return decode(text, position, null, { __jsontype = "object" }, { __jsontype = "array" }, false)
  end
  local object_meta, array_meta = ...
  if object_meta ~= nil and type(object_meta) ~= "table" then
    wrong(4, "nil or table", object_meta)
  end
  if array_meta ~= nil and type(array_meta) ~= "table" then
    wrong(5, "nil or table", array_meta)
  end
  return decode(text, position, null, object_meta, array_meta, true)
end

local short_escapes = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

-- One UTF-8 character of up to three bytes as \uXXXX.
local function escape(character)
  local short = short_escapes[character]
  if short then
    return short
  end
  local a, b, c = byte(character, 1, 3)
  if c then
    return format("\\u%.4x", (a - 0xe0) * 0x1000 + (b - 0x80) * 0x40 + c - 0x80)
  elseif b then
    return format("\\u%.4x", (a - 0xc0) * 0x40 + b - 0x80)
  end
  return format("\\u%.4x", a)
end

-- Characters beyond ASCII that are invisible, or end a line in JavaScript.
local invisible = {
  "\xc2[\x80-\x9f\xad]",
  "\xd8[\x80-\x84]",
  "\xdc\x8f",
  "\xe1\x9e[\xb4\xb5]",
  "\xe2\x80[\x8c-\x8f\xa8-\xaf]",
  "\xe2\x81[\xa0-\xaf]",
  "\xef\xbb\xbf",
  "\xef\xbf[\xb0-\xbf]",
}

local function quotestring(text)
  if type(text) ~= "string" and type(text) ~= "number" then
    error("bad argument #1 to 'quotestring' (string expected, got " .. type(text) .. ")", 2)
  end
  text = gsub(text, '[%z\1-\31"\\\127]', escape)
  if find(text, "[\xc2\xd8\xdc\xe1\xe2\xef]") then
    for i = 1, #invisible do
      text = gsub(text, invisible[i], escape)
    end
  end
  return '"' .. text .. '"'
end
json.quotestring = quotestring

local function number_text(number)
  if number ~= number or number >= huge or number <= -huge then
    return "null"
  end
  return tostring(number)
end

-- Whether a table is written as an array, and up to which index. A few holes are filled with null; a table with
-- many is an object. A field `n` may say the length.
local function array_length(value)
  local largest, count, declared = 0, 0, 0
  for key, element in pairs(value) do
    if key == "n" and type(element) == "number" then
      declared = element
      if element > largest then
        largest = element
      end
    else
      if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then
        return nil
      end
      if key > largest then
        largest = key
      end
      count = count + 1
    end
  end
  if largest > 10 and largest > declared and largest > count * 2 then
    return nil
  end
  return largest
end

local function add_newline(level, buffer, length)
  buffer[length + 1] = "\n"
  buffer[length + 2] = rep("  ", level)
  return length + 2
end

function json.addnewline(state)
  if state.indent then
    state.bufferlen = add_newline(state.level or 0, state.buffer, state.bufferlen or #state.buffer)
  end
end

-- What cannot be encoded: the state's `exception` may put something in its place.
-- Returns the buffer's new length, or nil and a message, as all that encodes does.
local function cannot_encode(reason, value, state, buffer, length, message)
  message = message or reason
  local handler = state.exception
  if not handler then
    return nil, message
  end
  state.bufferlen = length
  local result, own_message = handler(reason, value, state, message)
  if not result then
    return nil, own_message or message
  end
  if type(result) == "string" then
    buffer[length + 1] = result
    return length + 1
  end
  return state.bufferlen
end

function json.encodeexception(_, _, _, message)
  return quotestring("<" .. message .. ">")
end

local encode_value

local function encode_pair(key, value, is_first, level, buffer, length, tables, state)
  local kind = type(key)
  if kind ~= "string" and kind ~= "number" then
    return nil, "type '" .. kind .. "' is not supported as a key by JSON."
  end
  if not is_first then
    length = length + 1
    buffer[length] = ","
  end
  if state.indent then
    length = add_newline(level, buffer, length)
  end
  buffer[length + 1] = quotestring(key)
  buffer[length + 2] = ":"
  return encode_value(value, level, buffer, length + 2, tables, state)
end

local function encode_array(value, last, level, buffer, length, tables, state)
  length = length + 1
  buffer[length] = "["
  local message
  for index = 1, last do
    length, message = encode_value(value[index], level + 1, buffer, length, tables, state)
    if not length then
      return nil, message
    end
    if index < last then
      length = length + 1
      buffer[length] = ","
    end
  end
  buffer[length + 1] = "]"
  return length + 1
end

local function encode_object(value, order, level, buffer, length, tables, state)
  length = length + 1
  buffer[length] = "{"
  local is_first, message = true, nil
  local used = {}
  if order then
    for i = 1, #order do
      local key = order[i]
      local element = value[key]
      if element ~= nil then
        used[key] = true
        length, message = encode_pair(key, element, is_first, level + 1, buffer, length, tables, state)
        if not length then
          return nil, message
        end
        is_first = false
      end
    end
  end
  for key, element in pairs(value) do
    if not used[key] then
      length, message = encode_pair(key, element, is_first, level + 1, buffer, length, tables, state)
      if not length then
        return nil, message
      end
      is_first = false
    end
  end
  if state.indent then
    length = add_newline(level, buffer, length)
  end
  buffer[length + 1] = "}"
  return length + 1
end

local function encode_table(value, level, buffer, length, tables, state, metatable)
  if tables[value] then
    return cannot_encode("reference cycle", value, state, buffer, length)
  end
  tables[value] = true
  local last = array_length(value)
  if last == 0 and metatable and metatable.__jsontype == "object" then
    last = nil
  end
  local message
  if last then
    length, message = encode_array(value, last, level, buffer, length, tables, state)
  else
    local order = metatable and metatable.__jsonorder or state.keyorder
    length, message = encode_object(value, order, level, buffer, length, tables, state)
  end
  tables[value] = nil
  return length, message
end

local function encode_custom(value, to_json, buffer, length, tables, state)
  if tables[value] then
    return cannot_encode("reference cycle", value, state, buffer, length)
  end
  tables[value] = true
  state.bufferlen = length
  local result, message = to_json(value, state)
  if not result then
    return cannot_encode("custom encoder failed", value, state, buffer, length, message)
  end
  tables[value] = nil
  if type(result) == "string" then
    buffer[length + 1] = result
    return length + 1
  end
  return state.bufferlen
end

function encode_value(value, level, buffer, length, tables, state)
  local kind = type(value)
  local metatable = metatable_of(value)
  metatable = type(metatable) == "table" and metatable or nil
  local to_json = metatable and metatable.__tojson
  if to_json then
    return encode_custom(value, to_json, buffer, length, tables, state)
  end
  if kind == "table" then
    return encode_table(value, level, buffer, length, tables, state, metatable)
  end
  local text
  if kind == "string" then
    text = quotestring(value)
  elseif kind == "number" then
    text = number_text(value)
  elseif kind == "boolean" or kind == "nil" then
    text = kind == "nil" and "null" or tostring(value)
  else
    local message = "type '" .. kind .. "' is not supported by JSON."
    return cannot_encode("unsupported type", value, state, buffer, length, message)
  end
  buffer[length + 1] = text
  return length + 1
end

function json.encode(value, state)
  state = state or {}
  local given = state.buffer
  local buffer = given or {}
  state.buffer = buffer
  local length, message =
    encode_value(value, state.level or 0, buffer, state.bufferlen or 0, state.tables or {}, state)
  if not length then
    error(message, 2)
  end
  if given == buffer then
    state.bufferlen = length
    return true
  end
  state.bufferlen = nil
  state.buffer = nil
  return concat(buffer)
end

function json.use_lpeg()
  error("dkjson.use_lpeg is not available: LPeg is a C library; decode is fast without it", 2)
end

-- The only module there is; sandbox.lua makes it what require finds.
package = { loaded = { dkjson = json } }
