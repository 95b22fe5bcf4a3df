-- Reads trials from the file named first, and writes what dkjson makes of each; both as "length:bytes".
local try = dofile(arg[1])
local exact = math.type ~= nil
local file = assert(io.open(arg[2], "rb"))
local input = file:read("*a")
file:close()
local at = 1
while at <= #input do
  local colon = input:find(":", at, true)
  local length = tonumber(input:sub(at, colon - 1))
  local trial = input:sub(colon + 1, colon + length)
  local result = try(trial:sub(1, 1), trial:sub(2), exact)
  io.write(#result, ":", result)
  at = colon + length + 1
end
