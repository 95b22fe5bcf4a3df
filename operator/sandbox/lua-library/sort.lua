-- table.sort as gopher-lua has it: Go's sort.Sort, a pattern-defeating quicksort, step by step, so that ties and
-- comparisons that contradict each other come out in the same order. Ranges are those of Go, shifted by 1: from `a`, up
-- to and without `b`.
local type, error = type, error
local native = table.sort

local function insertion_sort(t, less, a, b)
  for i = a + 1, b - 1 do
    local j = i
    while j > a and less(t[j], t[j - 1]) do
      t[j], t[j - 1] = t[j - 1], t[j]
      j = j - 1
    end
  end
end

local function sift_down(t, less, low, high, first)
  local root = low
  while true do
    local child = (root << 1) + 1
    if child >= high then
      return
    end
    if child + 1 < high and less(t[first + child | 0], t[(first + child | 0) + 1]) then
      child = child + 1
    end
    local parent, other = first + root | 0, first + child | 0
    if not less(t[parent], t[other]) then
      return
    end
    t[parent], t[other] = t[other], t[parent]
    root = child
  end
end

local function heap_sort(t, less, a, b)
  local length = b - a | 0
  for i = length - 1 >> 1, 0, -1 do
    sift_down(t, less, i, length, a)
  end
  for i = length - 1, 0, -1 do
    local last = a + i | 0
    t[a], t[last] = t[last], t[a]
    sift_down(t, less, 0, i, a)
  end
end

local function bits(number)
  local count = 0
  while number > 0 do
    number = number >> 1
    count = count + 1
  end
  return count
end

local function break_patterns(t, a, b)
  local length = b - a | 0
  local random, mask = length, (1 << bits(length)) - 1
  local middle = a + (length >> 2 << 1) | 0
  for index = middle - 1, middle + 1 do
    random = random ~ (random << 13)
    random = random ~ (random >> 7)
    random = random ~ (random << 17)
    local other = random & mask
    if other >= length then
      other = other - length | 0
    end
    other = a + other | 0
    t[index], t[other] = t[other], t[index]
  end
end

local function median(t, less, a, b, c, swaps)
  if less(t[b], t[a]) then
    swaps = swaps + 1
    a, b = b, a
  end
  if less(t[c], t[b]) then
    swaps = swaps + 1
    b, c = c, b
  end
  if less(t[b], t[a]) then
    swaps = swaps + 1
    a, b = b, a
  end
  return b, swaps
end

-- Returns the pivot, and 1 where the range seems to ascend, -1 where it seems to descend.
local function choose_pivot(t, less, a, b)
  local length = b - a | 0
  local quarter = length >> 2
  local i, j = a + quarter | 0, a + (quarter << 1) | 0
  local k = j + quarter | 0
  local swaps = 0
  if length >= 50 then
    i, swaps = median(t, less, i - 1, i, i + 1, swaps)
    j, swaps = median(t, less, j - 1, j, j + 1, swaps)
    k, swaps = median(t, less, k - 1, k, k + 1, swaps)
  end
  j, swaps = median(t, less, i, j, k, swaps)
  return j, swaps == 0 and 1 or swaps == 12 and -1 or 0
end

local function partial_insertion_sort(t, less, a, b)
  local i = a + 1
  for _ = 1, 5 do
    while i < b and not less(t[i], t[i - 1]) do
      i = i + 1
    end
    if i == b then
      return true
    end
    if b - a < 50 then
      return false
    end
    t[i], t[i - 1] = t[i - 1], t[i]
    if i - a >= 2 then
      local j = i - 1
      while j >= 2 and less(t[j], t[j - 1]) do
        t[j], t[j - 1] = t[j - 1], t[j]
        j = j - 1
      end
    end
    if b - i >= 2 then
      local j = i + 1
      while j < b and less(t[j], t[j - 1]) do
        t[j], t[j - 1] = t[j - 1], t[j]
        j = j + 1
      end
    end
  end
  return false
end

local function partition_equal(t, less, a, b, pivot)
  t[a], t[pivot] = t[pivot], t[a]
  local i, j = a + 1, b - 1
  while true do
    while i <= j and not less(t[a], t[i]) do
      i = i + 1
    end
    while i <= j and less(t[a], t[j]) do
      j = j - 1
    end
    if i > j then
      return i
    end
    t[i], t[j] = t[j], t[i]
    i, j = i + 1, j - 1
  end
end

-- Returns where the pivot came to lie, and whether nothing had to be moved.
local function partition(t, less, a, b, pivot)
  t[a], t[pivot] = t[pivot], t[a]
  local i, j = a + 1, b - 1
  local was_partitioned = true
  while true do
    while i <= j and less(t[i], t[a]) do
      i = i + 1
    end
    while i <= j and not less(t[j], t[a]) do
      j = j - 1
    end
    if i > j then
      t[j], t[a] = t[a], t[j]
      return j, was_partitioned
    end
    was_partitioned = false
    t[i], t[j] = t[j], t[i]
    i, j = i + 1, j - 1
  end
end

local function quicksort(t, less, a, b, limit)
  local was_balanced, was_partitioned = true, true
  while true do
    local length = b - a | 0
    if length <= 12 then
      return insertion_sort(t, less, a, b)
    end
    if limit == 0 then
      return heap_sort(t, less, a, b)
    end
    if not was_balanced then
      break_patterns(t, a, b)
      limit = limit - 1
    end
    local pivot, hint = choose_pivot(t, less, a, b)
    if hint == -1 then
      local i, j = a, b - 1
      while i < j do
        t[i], t[j] = t[j], t[i]
        i, j = i + 1, j - 1
      end
      pivot = b - 1 - (pivot - a) | 0
      hint = 1
    end
    if was_balanced and was_partitioned and hint == 1 and partial_insertion_sort(t, less, a, b) then
      return
    end
    if a > 1 and not less(t[a - 1], t[pivot]) then
      a = partition_equal(t, less, a, b, pivot)
    else
      local middle
      middle, was_partitioned = partition(t, less, a, b, pivot)
      local left, right = middle - a, b - middle
      if left < right then
        was_balanced = left >= length >> 3
        quicksort(t, less, a, middle, limit)
        a = middle + 1
      else
        was_balanced = right >= length >> 3
        quicksort(t, less, middle + 1, b, limit)
        b = middle
      end
    end
  end
end

local function is_less(a, b)
  return a < b
end

-- Strings, and numbers, that are equal are the same: their order is no matter, and Lua's own sort is faster.
local function are_alike(t, length)
  local kind = type(t[1])
  if kind ~= "string" and kind ~= "number" then
    return false
  end
  for i = 2, length do
    if type(t[i]) ~= kind then
      return false
    end
  end
  return true
end

table.sort = function(t, less)
  if type(t) ~= "table" then
    error("bad argument #1 to 'sort' (table expected, got " .. type(t) .. ")", 2)
  end
  if less ~= nil and type(less) ~= "function" then
    error("bad argument #2 to 'sort' (function expected, got " .. type(less) .. ")", 2)
  end
  local length = #t
  if less == nil and are_alike(t, length) then
    native(t)
  elseif length > 1 then
    quicksort(t, less or is_less, 1, length + 1, bits(length))
  end
end
