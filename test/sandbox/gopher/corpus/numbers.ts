import { bodies, body, type Family } from './family.ts';

const operands = [
  '0',
  '1',
  '-1',
  '7',
  '-7',
  '2.5',
  '1e15',
  '2^53',
  '1e300',
  '"10"',
  '"0x10"',
  '"010"',
  '" 5 "',
  '"1e2"',
];
const operators = ['+', '-', '*', '/', '%', '^', '<', '<=', '=='];

const texts = [
  '0',
  '-0.0',
  '1',
  '10',
  '0.1',
  '-0.5',
  '1/3',
  '2/3',
  '10/4',
  '100',
  '123456',
  '1234567',
  '1234567.5',
  '0.00001',
  '0.0001234',
  '1e5',
  '1e10',
  '1e14',
  '1e15',
  '1e16',
  '123456789012',
  '1e20',
  '1e21',
  '1e100',
  '2^31',
  '2^53',
  '2^53 + 1',
  '2^62',
  '2^63',
  '2^64',
  '-2^63',
  '9007199254740993',
  '12345678901234567890',
  '0xff',
  '0xFFFFFFFF',
  '3.0',
  '5 // 1 == 5',
  '7 - 7',
  '3 * 1.0',
  '1e308 * 10',
  '-1e308 * 10',
  '0/0',
  '010',
  '08',
  '1e-3',
  '.5',
  '5.',
  '1e+3',
  '0x10p1',
];

const formats = [
  '%d',
  '%5d',
  '%-5d|',
  '%05d',
  '%+d',
  '%x',
  '%X',
  '%o',
  '%s',
  '%5s',
  '%-5s|',
  '%f',
  '%.2f',
  '%8.3f',
  '%.0f',
  '%e',
  '%.3e',
  '%i',
  '%c',
  '%.3s',
  '%%%d',
];
const formatted = ['0', '1', '-1', '42', '65', '255', '3.7', '-3.7', '1e10', '"7"'];

const numerals = [
  '',
  ' ',
  '0',
  '10',
  ' 10 ',
  '\\t10\\n',
  '010',
  '1.5',
  '.5',
  '5.',
  '-5',
  '+5',
  '- 5',
  '1e3',
  '1e3.',
  '1.0e3',
  '1E+2',
  '0x10',
  '0X1f',
  '-0x10',
  '0x',
  '0xg',
  '12a',
  'a12',
  '1,000',
  '1_000',
  'inf',
  'nan',
  'infinity',
  '1e400',
  '1.0e400',
  '99999999999999999999',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '--1',
];

const functions = String.raw`
math.floor(3.7), math.floor(-3.7), math.floor(5), math.floor("3.9"), math.ceil(3.2), math.ceil(-3.2), math.ceil(4)
math.abs(-3), math.abs(3.5), math.sqrt(2), math.sqrt(16), math.exp(0), math.exp(1), math.log(1), math.log(10), math.log10(1000), math.log10(2)
math.pi, math.huge, -math.huge, math.huge == 1/0, 5 < math.huge
math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(5.5, 2), math.fmod(1, 0)
math.mod(7, 3), math.mod(-7, 3), math.mod(7, -3), math.mod(5.5, 2), math.mod(1, 0)
math.modf(3.7)
math.modf(-3.7)
math.modf(5)
math.frexp(8), math.frexp(0.3), math.frexp(0), math.frexp(-5)
math.ldexp(0.5, 4), math.ldexp(3, 2), math.ldexp(1, -1)
math.pow(2, 10), math.pow(2, 0.5), math.pow(2, -1)
math.sin(0), math.cos(0), math.tan(0), math.asin(1), math.acos(1), math.atan(1), math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1)
math.log(8, 2)
math.sinh(0), math.cosh(0), math.tanh(0), math.deg(math.pi), math.rad(180)
math.max(1, 2), math.max(2, 1), math.max(-1, -2, 0), math.max(1.5, 1), math.max(3)
math.min(1, 2), math.min(2, 1), math.min(-1, -2, 0), math.min(1.5, 1), math.min(3)
math.max("10", "9"), math.max("10", 9), math.min("10", "9"), math.max("1e1", "9.5"), math.max("010", 9)
math.max("x", 1)
math.max()
math.min(nil)
math.max({})
math.floor("x")
math.floor(nil)
7 % 3, -7 % 3, 7 % -3, -7 % -3, 5.5 % 2, -5.5 % 2, 0 % 5, 1e15 % 7
2 ^ 10, 2 ^ 0.5, 2 ^ -1, (-2) ^ 2, -2 ^ 2, 2 ^ 3 ^ 2
1 == 1.0, "1" == 1, 0 == -0, 1 < 2, 1 <= 1, "a" < "b", "a" < "B", "10" < "9", "" < "a"
1 < "2"
{} < {}
nil + 1
"abc" + 1
{} + 1
10 .. 20, 1.5 .. "", -0.0 .. "", 2^53 .. "x", 1e100 .. ""
tostring(1e15), tostring(-1e15), tostring(123.456), tostring(100 / 3)
tonumber("10", 2), tonumber("ff", 16), tonumber("zz", 36), tonumber("8", 8), tonumber("7", 8), tonumber("-ff", 16), tonumber("1.5", 16), tonumber(" 11 ", 2)
tonumber(10, 16), tonumber(nil), tonumber({}), tonumber(true)
tonumber(5), tonumber(5.5), tonumber("5") + 1, tonumber("0x10") * 2
type(1), type(1.5), type("1")
select("#"), select("#", nil), select("#", 1, nil, nil)
select(2, "a", "b", "c")
select(-1, "a", "b", "c")
select(-2, "a", "b", "c")
select(5, "a")
select(2.7, "a", "b", "c")
select(0, "a")
not nil, not 0, not "", nil and 1, false or "x", nil or false, 1 and 2
#"abc", #"", -"5", -"0x10", - -3`
  .split('\n')
  .filter((line) => line !== '');

export const numberScripts: Family = {
  name: 'numbers',
  scripts: [
    ...operators.flatMap((operator) =>
      operands.map((a) =>
        body(
          operands
            .filter((b) => !(['<', '<=', '=='].includes(operator) && (a.includes('"') || b.includes('"'))))
            .map((b) => `local a, b = ${a}, ${b} print(a ${operator} b)`)
            .filter((line) => !(operator === '%' && line.includes(', 0 print')))
            .map((line) => `do ${line} end`)
            .join(' '),
        ),
      ),
    ),
    ...texts.map((text) =>
      body(`local x = ${text} print(x, tostring(x), x .. "", ("%s"):format(tostring(x)))`),
    ),
    ...formats.map((format) =>
      body(formatted.map((value) => `print(string.format("${format}", ${value}))`).join(' ')),
    ),
    ...numerals.map((numeral) => body(`print(tonumber("${numeral}"))`)),
    ...functions.map((list) => body(`print(${list})`)),
    ...bodies(String.raw`
local h = 7 for i = 1, 40 do h = h * 31 + 101 end print(h, h % 16)
local h = 5381 for c in m:gmatch(".") do h = h * 33 + c:byte() end print(h)
local h = 0 for i = 1, #m do h = (h * 31 + m:byte(i)) % 2^32 end print(h)
local h = 0 for i = 1, #m do h = (h * 31 + m:byte(i)) % 1000003 end print(h)
local a, b = 1, 1 for i = 1, 90 do a, b = b, a + b end print(a, b)
local f = 1 for i = 1, 30 do f = f * i end print(f)
local x = 1 for i = 1, 70 do x = x * 2 end print(x) for i = 1, 70 do x = x / 2 end print(x)
local x = 1 for i = 1, 70 do x = x + x end print(x, x - 1, x == x - 1)
local x = 3 for i = 1, 60 do x = x + x end print(x, x + 1)
for i = 1, 3 do print(i) end for i = 3, 1, -1 do print(i) end for i = 1, 2, 0.5 do print(i) end
for i = 1, 0 do print(i) end for i = 0.5, 2 do print(i) end for i = 10, 1, -4 do print(i) end
for i = "1", 2 do print(i) end
for i = 1, 3, 0 do print(i) break end
local n = #"abcdef" print(n / 2, n / 4, n % 4, n * 1.5, ("abcdef"):sub(1, n / 2), ("abcdef"):sub(n / 4))
local t = { 10, 20, 30 } print(t[1.0], t[2^1], t["1"], t[6 / 2]) t[1.0] = "x" print(t[1], #t)
local t = {} t[1] = "a" t[1.0] = "b" t["1"] = "c" print(t[1], t["1"])
print(math.floor(7 / 2), "web-" .. math.floor(7 / 2), "p" .. 7 / 2, "q" .. 8 / 2)
print(5 - 5.0, 5 * 0, -5 * 0, 0 * -1, 1 - 1)
print(1e3, 1e3 .. "", 10^2, 10^2 .. "", 3 / 1)
print(("7"):rep(3) + 1, "5" * "4", "10" / 4, "2" ^ 3, "7" % 4, -"3")
print(1000000 * 1000000, 1000000000 * 1000000000, 123456789 * 987654321, 99999999999 * 99999999999)
print(2^53 == 2^53 + 1, 9007199254740992 == 9007199254740993, 4611686018427387904 * 2, 4611686018427387904 + 4611686018427387904)`),
  ],
};
