-- Numbers and math as gopher-lua, which DeepFlow runs, has them; and what Lua 5.1 had beside it.
-- docs/lua.md lists each difference that is left.
local error, type, select, mtype, huge = error, type, select, math.type, math.huge
local smallest = math.mininteger
local find, sub, match, gsub, lower = string.find, string.sub, string.match, string.gsub, string.lower

local native_tonumber = tonumber

-- Whole numbers beyond 2^53 are doubles.
local function double(number)
  if mtype(number) == "integer" and (number > 9007199254740992 or number < -9007199254740992) then
    return number + 0.0
  end
  return number
end

local function is_float(text)
  return find(text, "^[+-]?%d+%.?%d*$")
    or find(text, "^[+-]?%.%d+$")
    or find(text, "^[+-]?%d+%.?%d*[eE][+-]?%d+$")
    or find(text, "^[+-]?%.%d+[eE][+-]?%d+$")
end

local function float(text)
  if is_float(text) then
    local number = native_tonumber((gsub(text, "^%+", "")))
    if number and number < huge and number > -huge then
      return double(number)
    end
  end
  return nil
end

-- Go's strconv.ParseInt: nil where the digits are none of the base, or more than 63 bits.
local function integer(text, base)
  local sign, digits = match(text, "^([+-]?)(%w+)$")
  local value = digits and base >= 2 and base <= 36 and native_tonumber(digits, base)
  if not value then
    return nil
  end
  local size = 0.0
  for i = 1, #digits do
    size = size * base + native_tonumber(sub(digits, i, i), 36)
  end
  -- Near 2^63 the value itself, which wraps around there, says on which side it is.
  if size > 9.3e18 or value < 0 and not (sign == "-" and value == smallest) then
    return nil
  end
  value = double(value)
  return sign == "-" and value > 0 and -value or value
end

function tonumber(value, base)
  if type(value) == "number" then
    return value
  elseif type(value) ~= "string" then
    return nil
  end
  local text = match(value, "^[ \n\t]*(.-)[ \n\t]*$")
  if find(text, ".", 1, true) then
    return float(text)
  end
  if base == nil then
    if find(text, "^[1-9]%d?%d?%d?%d?%d?%d?%d?%d?$") then
      return native_tonumber(text)
    end
    if find(text, "^0[xX]") then
      return integer(sub(text, 3), 16)
    end
  end
  return integer(text, base or 10)
end

local bases = { x = 16, X = 16, b = 2, B = 2, o = 8, O = 8 }

-- A string as an operand, or as an argument of math.max: leading zeros are octal, as in Go.
local function operand(value)
  if type(value) ~= "string" then
    return mtype(value) and value
  end
  local text = match(value, "^[ \n\t]*(.-)[ \n\t]*$")
  local sign, letter, digits = match(text, "^([+-]?)0([xXbBoO]?)(%x+)$")
  local number
  if digits then
    number = integer(sign .. digits, bases[letter] or 8)
  elseif find(text, "^[+-]?%d+$") then
    number = integer(text, 10)
  end
  if number then
    return number
  end
  local word = match(lower(text), "^[+-]?(%a+)$")
  if word == "inf" or word == "infinity" then
    return sub(text, 1, 1) == "-" and -huge or huge
  elseif lower(text) == "nan" then
    return 0 / 0
  end
  return float(text)
end

local operations = {
  __add = function(a, b) return a + b end,
  __sub = function(a, b) return a - b end,
  __mul = function(a, b) return a * b end,
  __div = function(a, b) return a / b end,
  __mod = function(a, b) return a % b end,
  __pow = function(a, b) return a ^ b end,
  __unm = function(a) return -a end,
}
local strings = getmetatable("")
for event, operation in pairs(operations) do
  local native = strings[event]
  strings[event] = function(a, b)
    local x, y = operand(a), operand(b)
    if x and y then
      return operation(x, y)
    end
    return native(a, b)
  end
end

-- A function's argument as a number. The error is that of the function's caller.
local function checked(name, index, value)
  local number = mtype(value) and value or operand(value)
  if not number then
    error("bad argument #" .. index .. " to '" .. name .. "' (number expected, got " .. type(value) .. ")", 3)
  end
  return number
end

local function extreme(name, is_better)
  return function(...)
    local count = select("#", ...)
    if count == 0 then
      error("bad argument #1 to '" .. name .. "' (number expected, got no value)", 2)
    end
    local best
    for i = 1, count do
      local number = checked(name, i, (select(i, ...)))
      if i == 1 or is_better(number, best) then
        best = number
      end
    end
    return best
  end
end
math.max = extreme("max", function(a, b) return a > b end)
math.min = extreme("min", function(a, b) return a < b end)

local log, exp, atan, fmod = math.log, math.exp, math.atan, math.fmod
math.huge = 1.7976931348623157e308

local function of_one(name, calculate)
  math[name] = function(x)
    return calculate(checked(name, 1, x))
  end
end
local function of_two(name, calculate)
  math[name] = function(x, y)
    return calculate(checked(name, 1, x), checked(name, 2, y))
  end
end

-- gopher-lua does not look at a base.
of_one("log", log)
of_one("log10", function(x) return log(x, 10) end)
of_one("sinh", function(x) return (exp(x) - exp(-x)) / 2 end)
of_one("cosh", function(x) return (exp(x) + exp(-x)) / 2 end)
of_one("tanh", function(x)
  local e = exp(2 * x)
  return e == huge and 1.0 or (e - 1) / (e + 1)
end)
of_one("frexp", function(x)
  if x == 0 or x ~= x or x == huge or x == -huge then
    return x, 0
  end
  local exponent = 0
  local mantissa = x + 0.0
  while mantissa >= 1 or mantissa <= -1 do
    mantissa = mantissa / 2
    exponent = exponent + 1
  end
  while mantissa < 0.5 and mantissa > -0.5 do
    mantissa = mantissa * 2
    exponent = exponent - 1
  end
  return mantissa, exponent
end)
of_two("pow", function(x, y) return x ^ y end)
of_two("fmod", function(x, y) return fmod(x + 0.0, y + 0.0) end)
of_two("mod", function(x, y) return (x + 0.0) % y end)
of_two("atan2", atan)
of_two("ldexp", function(m, e) return m * 2.0 ^ e end)
