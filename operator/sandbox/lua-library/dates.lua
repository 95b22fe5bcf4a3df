-- os.date as gopher-lua has it, which knows some conversions, each in its own way; the others of C are kept.
local error, type, match, gsub, find = error, type, string.match, string.gsub, string.find
local date, time = os.date, os.time

local conversions = {
  a = function()
    return "mon"
  end,
  c = "!%d %b %y %H:%M UTC",
  P = function(at)
    return match(date("!%p", at), "A") and "am" or "pm"
  end,
  x = "!%H/%M/%S",
  X = "!%H:%M:%S",
  z = "!+0000",
  Z = "!UTC",
}
local of_c = "^[AbBdFHImMpSyYwCDeghGjnrRtTuUVW]$"

os.date = function(format, at)
  if format == nil then
    format = "%c"
  elseif type(format) ~= "string" then
    return date(format)
  end
  if at == nil then
    at = time()
  elseif type(at) ~= "number" then
    error("bad argument #2 to 'date' (number expected, got " .. type(at) .. ")", 2)
  end
  format = gsub(format, "^!+", "")
  if find(format, "^%*t") then
    local now = date("!*t", at)
    local fields = {}
    for _, name in ipairs({ "year", "month", "day", "hour", "min", "sec", "wday" }) do
      fields[name] = now[name]
    end
    fields.yday = 0
    fields.isdst = false
    return fields
  end
  return (
    gsub(format, "%%(.)", function(letter)
      local own = conversions[letter]
      if type(own) == "string" then
        return date(own, at)
      elseif own then
        return own(at)
      elseif letter == "%" then
        return "%"
      elseif find(letter, of_c) then
        return date("!%" .. letter, at)
      end
    end)
  )
end
