-- Errors lead to the script's own line, also when a function of the sandbox raised them. Returns what finds that line
-- for an error that nobody catches.
local type, error, select, xpcall, getinfo = type, error, select, xpcall, debug.getinfo
local find, sub, gsub = string.find, string.sub, string.gsub
local create, resume = coroutine.create, coroutine.resume
-- How Lua names a place in code without lines, as ours is.
local ours = "^%?:%-1: "

-- "name:12: " of the script's function that is running, or runs the one that is; of another coroutine, if one is given.
local function place(coroutine)
  for level = coroutine and 0 or 3, 200 do
    local info
    if coroutine then
      info = getinfo(coroutine, level, "Sl")
    else
      info = getinfo(level, "Sl")
    end
    if not info then
      break
    end
    local source = info.source
    if info.currentline > 0 and sub(source, 1, 1) == "=" and source ~= "=?" then
      return info.short_src .. ":" .. info.currentline .. ": "
    end
  end
  return ""
end

-- Whether a function of C failed that one of ours had called: its message has no place then.
local function is_raised_for_us(level)
  local raising = getinfo(level + 1, "Sf")
  local caller = getinfo(level + 2, "S")
  return raising and raising.what == "C" and raising.func ~= error and caller and caller.source == "=?"
end

-- For the script's own pcall: only what happened in the sandbox is changed.
local function without_us(message, level)
  if type(message) == "string" and (find(message, ours) or is_raised_for_us(level or 2)) then
    return place() .. gsub(message, ours, "")
  end
  return message
end

function pcall(...)
  if select("#", ...) == 0 then
    error("bad argument #1 to 'pcall' (value expected)", 2)
  end
  return xpcall((...), without_us, select(2, ...))
end

function _G.xpcall(called, handler, ...)
  if type(handler) ~= "function" then
    error("bad argument #2 to 'xpcall' (function expected, got " .. type(handler) .. ")", 2)
  end
  return xpcall(called, function(message)
    return handler(without_us(message, 3))
  end, ...)
end

local function resumed(coroutine, is_ok, ...)
  local message = ...
  if not is_ok and type(message) == "string" and find(message, ours) then
    return is_ok, place(coroutine) .. gsub(message, ours, "")
  end
  return is_ok, ...
end

function coroutine.resume(coroutine, ...)
  if type(coroutine) ~= "thread" then
    error("bad argument #1 to 'resume' (coroutine expected)", 2)
  end
  return resumed(coroutine, resume(coroutine, ...))
end

local function unwrapped(is_ok, ...)
  if not is_ok then
    error((...), 0)
  end
  return ...
end

function coroutine.wrap(body)
  if type(body) ~= "function" then
    error("bad argument #1 to 'wrap' (function expected)", 2)
  end
  local coroutine = create(body)
  return function(...)
    return unwrapped(resumed(coroutine, resume(coroutine, ...)))
  end
end

return function(message)
  if type(message) ~= "string" then
    return message
  end
  local here = place()
  local text = gsub(message, ours, "")
  local name = gsub(here, "%d+: $", "")
  if here == "" or text == message and sub(message, 1, #name) == name then
    return text
  end
  return here .. text
end
