-- Strings as gopher-lua, which DeepFlow runs, has them; and what Lua 5.1 had beside it.
-- docs/lua.md lists each difference that is left.
local _, _, _, change_case = ...

local error, type, select, tostring, tonumber = error, type, select, tostring, tonumber
local find, sub, lower, upper = string.find, string.sub, string.lower, string.upper
local concat, unpack_list = table.concat, table.unpack

local native_gmatch, native_gsub = string.gmatch, string.gsub

-- Whether a pattern can match the empty string: Lua 5.4 leaves such a match out where another one ends.
local function may_be_empty(pattern)
  return find("", pattern) ~= nil or find(pattern, "%f", 1, true) ~= nil
end

-- The first match from a position on: its start, its end, and its captures or, where there are none, all of it.
local function match_from(text, pattern, position)
  local result = { find(text, pattern, position) }
  local first, last = result[1], result[2]
  if not first then
    return nil
  end
  if #result == 2 then
    return first, last, { sub(text, first, last) }
  end
  return first, last, { unpack_list(result, 3) }
end

function string.find(text, pattern, ...)
  if pattern == "" then
    return 1, 0
  end
  return find(text, pattern, ...)
end

function string.gmatch(text, pattern, ...)
  if select("#", ...) > 0 or type(text) ~= "string" or type(pattern) ~= "string" then
    return native_gmatch(text, pattern, ...)
  end
  local is_anchored = sub(pattern, 1, 1) == "^"
  if not is_anchored and not may_be_empty(pattern) then
    return native_gmatch(text, pattern)
  end
  local position = 1
  return function()
    if position > #text + 1 then
      return nil
    end
    local first, last, captures = match_from(text, pattern, position)
    if not first then
      position = #text + 2
      return nil
    end
    position = is_anchored and #text + 2 or last < first and first + 1 or last + 1
    return unpack_list(captures)
  end
end
string.gfind = string.gmatch

-- Lua 5.4 refuses what gopher-lua takes as it stands.
local function plain_escapes(replacement)
  if find(replacement, "%", 1, true) then
    replacement = native_gsub(replacement, "%%(.?)", function(next_character)
      return not find(next_character, "^[%d%%]") and "%%" .. next_character or nil
    end)
  end
  return replacement
end

local function expand(replacement, whole, captures)
  if type(replacement) == "string" then
    return (native_gsub(replacement, "%%(.)", function(digit)
      if digit == "%" then
        return "%"
      end
      return digit == "0" and whole or tostring(captures[tonumber(digit)] or error("invalid capture index", 4))
    end))
  end
  local value
  if type(replacement) == "table" then
    value = replacement[captures[1]]
  else
    value = replacement(unpack_list(captures))
  end
  return value or whole
end

function string.gsub(text, pattern, replacement, limit)
  if type(replacement) == "string" then
    replacement = plain_escapes(replacement)
  end
  if type(text) ~= "string" or type(pattern) ~= "string" or not may_be_empty(pattern) then
    return native_gsub(text, pattern, replacement, limit)
  end
  local kind = type(replacement)
  if kind ~= "string" and kind ~= "table" and kind ~= "function" then
    return native_gsub(text, pattern, replacement, limit)
  end
  local most = limit and limit >= 0 and limit or #text + 1
  if sub(pattern, 1, 1) == "^" and most > 1 then
    most = 1
  end
  local parts, count, position, copied = {}, 0, 1, 1
  while count < most and position <= #text + 1 do
    local first, last, captures = match_from(text, pattern, position)
    if not first then
      break
    end
    parts[#parts + 1] = sub(text, copied, first - 1)
    parts[#parts + 1] = expand(replacement, sub(text, first, last), captures)
    count = count + 1
    copied = last + 1
    position = last < first and first + 1 or last + 1
  end
  parts[#parts + 1] = sub(text, copied)
  return concat(parts), count
end

-- As Go has it, beyond ASCII too.
function string.lower(text)
  if type(text) == "string" and find(text, "[\x80-\xff]") then
    return change_case(text, false)
  end
  return lower(text)
end

function string.upper(text)
  if type(text) == "string" and find(text, "[\x80-\xff]") then
    return change_case(text, true)
  end
  return upper(text)
end
