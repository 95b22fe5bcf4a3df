-- What a script may touch. Runs once in every new Lua state, as the last before the script.
-- Whatever this file calls later is kept in locals: a script may replace any global, and only hurts itself.
local decode, write, _, _, parameters_json = ...

local error, type, select = error, type, select
local tostring, setmetatable, next = tostring, setmetatable, next
local concat = table.concat

-- Only what reads the clock is left of os. io and package were never opened; debug was for dkjson.
os = { time = os.time, clock = os.clock, difftime = os.difftime, date = os.date }
dofile, loadfile, string.dump, debug = nil, nil, nil, nil

-- Memory is collected by itself; scripts that ask get an answer of the right type.
function collectgarbage(option)
  if option == "step" or option == "isrunning" then
    return true
  end
  return 0
end

function print(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = tostring((select(i, ...)))
  end
  write(concat(parts, "\t") .. "\n")
end

-- Modules come from package.loaded and package.preload. There are no files, so the paths are only text.
local loaded = package.loaded
for _, name in next, { "string", "table", "math", "os", "coroutine", "utf8" } do
  loaded[name] = _G[name]
end
loaded._G = _G
package = { loaded = loaded, preload = {}, path = "/bin/?.lua", cpath = "", config = "/\n;\n?\n!\n-\n" }
loaded.package = package
local preload = package.preload

function require(name)
  if loaded[name] ~= nil then
    return loaded[name]
  end
  local loader = preload[name]
  if loader == nil then
    error("module '" .. tostring(name) .. "' not found: a script can require only 'dkjson'", 2)
  end
  local value = loader(name, ":preload:")
  if value ~= nil then
    loaded[name] = value
  elseif loaded[name] == nil then
    loaded[name] = true
  end
  return loaded[name], ":preload:"
end

-- spec.parameters as a table that cannot be written, all the way down.
local function read_only(values)
  local view = {}
  for key, value in next, values do
    view[key] = type(value) == "table" and read_only(value) or value
  end
  return setmetatable({}, {
    __index = view,
    __newindex = function()
      error("parameters are read-only", 2)
    end,
    __len = function()
      return #view
    end,
    __pairs = function()
      return function(_, key)
        return next(view, key)
      end
    end,
    __jsontype = #view > 0 and "array" or nil,
    __metatable = false,
  })
end

if parameters_json then
  local value = decode(parameters_json, 1, nil, nil, nil, false)
  parameters = type(value) == "table" and read_only(value) or value
end
