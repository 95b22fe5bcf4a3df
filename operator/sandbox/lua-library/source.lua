-- Source text that a script loads, and functions of Lua 5.1 that cannot be had.
local _, _, translate = ...

local error, type, select, setmetatable = error, type, select, setmetatable
local concat = table.concat

_VERSION = "Lua 5.1" -- as in gopher-lua

local native_load = load
-- Source text only: hand-made bytecode can crash Lua.
function load(chunk, name, _, ...)
  if type(chunk) == "function" then
    local parts = {}
    for part in chunk do
      if part == "" then
        break
      end
      parts[#parts + 1] = part
    end
    chunk, name = concat(parts), name or "=(load)"
  end
  if type(chunk) == "string" then
    chunk = translate(chunk)
  end
  if select("#", ...) > 0 then
    return native_load(chunk, name, "t", (...))
  end
  return native_load(chunk, name, "t")
end
local text_load = load

function loadstring(text, name)
  return text_load(text, name)
end

function gcinfo()
  return 0, 0
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

-- Lua 5.1 filled `arg` in functions that take `...`.
local no_arg = replaced("arg", "use select('#', ...) or {...}")
arg = setmetatable({}, { __index = no_arg, __len = no_arg, __pairs = no_arg, __call = no_arg })
