import { bodies, body, type Family } from './family.ts';

const cuts = [-10, -3, -2, -1, 0, 1, 2, 3, 4, 10];
const escapes = [
  '\\-',
  '\\.',
  '\\d',
  '\\w',
  '\\s',
  '\\[',
  '\\%',
  '\\/',
  '\\c',
  '\\065',
  '\\9z',
  '\\0',
  '\\n',
  '\\t\\\\',
  '\\"',
  "\\'",
  '\\a\\b\\f\\v',
  '\\q\\_\\ ',
  '\\$',
  '\\(\\)',
];

export const stringScripts: Family = {
  name: 'strings',
  scripts: [
    ...escapes.flatMap((each) => [
      body(`local s = "${each}" print(#s, s:byte(1, -1))`),
      body(`local s = 'a${each.replace("'", '"')}b' print(#s, s)`),
    ]),
    ...cuts.map((from) => body(cuts.map((to) => `print(("abc"):sub(${from}, ${to}))`).join(' '))),
    ...cuts.map((at) =>
      body(`print(("abc"):sub(${at})) print(("abc"):byte(${at})) print(("abc"):find("", ${at}))`),
    ),
    ...cuts
      .slice(1, 9)
      .map((at) =>
        body(
          `print(("abcabc"):find("b", ${at})) print(("abcabc"):find("b", ${at}, true)) local r = ("abcabc"):match("b.", ${at}) print(r)`,
        ),
      ),
    ...bodies(String.raw`
print(("abc"):upper(), ("ABC"):lower(), ("abc"):reverse(), ("abc"):len(), ("ab"):rep(3), ("ab"):rep(0), ("ab"):rep(-1), ("ab"):rep(2.9))
print(("Größe"):upper(), ("ÄÖÜ"):lower(), ("straße"):upper(), ("ǆ"):upper(), #"Größe", ("日本"):upper(), ("é"):reverse() ~= "é")
print(string.char(72, 101, 108), string.char(), ("abc"):byte(2), ("abc"):byte(-1), ("abc"):byte(1, 3), ("abc"):byte(2, 2), (""):byte())
print(string.format("%s-%s", "a", "b"), string.format("%5s|%-5s|", "ab", "cd"), string.format("%.2s", "abcdef"), string.format("%%"))
print(string.format("%s %s %s", nil, true, 1.5), string.format("%d items", 3), string.format("%03d", 7), string.format("%.3f", 2/3))
print(string.format("%d", "x"))
print(string.format("%d"))
print(string.format("no directives", 1, 2))
print(("x"):format(), ("%s"):format("y"), ("%s=%d"):format("n", 4))
print(("%q"):format("plain"), ("%q"):format('a"b'))
print("a" .. 1 .. 2.5 .. "b", "x" .. "", 1 .. "")
print("a" .. nil)
print("a" .. {})
print("a" .. true)
print(#"\0abc", "\0abc" == "\0abc", ("\0a"):byte(1, 2))
print("abc" == "abc", "abc" < "abd", "abc" < "ab", "Z" < "a", "" == "")
print(([[long
string]]), [==[with ]] inside]==])
print(("k=v;x=y"):gsub("(%w+)=(%w+)", "%2=%1"), ("abc"):gsub("", "-"), ("hello"):gsub("l", { l = "L" }))
print(("abc"):gsub("%w", "%%%0"), ("abc"):gsub("b", "%%"), ("abc"):gsub("b", "%"), ("abc"):gsub("b", "%x"), ("abc"):gsub("(b)", "%1%1"))
print(("abc"):gsub("b", "%2"))
print(("abc"):gsub("b", 5))
print(("abc"):gsub("b", nil))
print(("abc"):gsub("b", function() return 5 end), ("abc"):gsub("b", function() return nil end), ("abc"):gsub("b", function() return false end))
print(("$a and $b"):gsub("%$(%w+)", { a = 1, b = "two" }), ("x y"):gsub("%w", string.upper))
print(("one two three"):gsub("%w+", "<%0>", 2), ("aaa"):gsub("a", "b", 0), ("aaa"):gsub("a", "b", -1))
print(("  trim  "):match("^%s*(.-)%s*$") .. "|", ("  trim  "):gsub("^%s+", ""), ("x  "):gsub("%s+$", ""))
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do print(k, v) end for w in ("one two"):gmatch("%a+") do print(w) end
for w in ("a,b,,c"):gmatch("([^,]*),?") do print("[" .. w .. "]") end for w in ("a-b"):gmatch("[^-]*") do print("[" .. w .. "]") end
for p in ("abc"):gmatch("()") do print(p) end for a in ("aaa"):gmatch("^a") do print(a) end for w in string.gfind("x y", "%a") do print(w) end
local s = "orders-api-7d9f8b6c5d-x2x9z" print(s:match("^(.*)%-%w+%-%w+$"), s:gsub("%-%w+%-%w+$", ""), s:match("(.*)-"), s:find("-", 1, true))
local s = "web-0" print(s:match("^(.-)-(%d+)$")) print(s:match("%d+$"), s:sub(1, -3), s:reverse():find("-", 1, true))
local parts = {} for p in ("a.b.c"):gmatch("[^.]+") do parts[#parts + 1] = p end print(#parts, table.concat(parts, "/"))
local function split(s, sep) local r = {} for p in (s .. sep):gmatch("(.-)" .. sep) do r[#r + 1] = p end return r end print(table.concat(split("a,b,,c", ","), "|"))
local function starts(s, p) return s:sub(1, #p) == p end print(starts("kube-system", "kube-"), starts("x", "xy"), starts("", ""))
local function ends(s, p) return p == "" or s:sub(-#p) == p end print(ends("a.svc", ".svc"), ends("a", "ba"), ends("x", ""))
local function trim(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end print("[" .. trim("  a b  ") .. "]", "[" .. trim("") .. "]", "[" .. trim("   ") .. "]")
print(("app.kubernetes.io/name"):match("([^/]+)/(.+)"), ("v1.2.3"):match("v(%d+)%.(%d+)%.(%d+)"), ("x"):match("(y?)x"))
print(select("#", ("x"):match("y")))
print(tostring("x"), tostring(nil), tostring(false), tostring(12), type(tostring({})), #tostring(print) > 0)
print(("x"):sub(), 1)
print(string.sub(nil, 1))
print(string.rep())
print(string.upper(nil), 1)
print(string.upper(5), string.len(12345), string.sub(12345, 2, 3), string.rep(7, 2))
print(("abc"):find("b", nil), ("a+b"):find("+", 1, true), ("a.b"):find("."), ("abc"):find("c", -1), ("abc"):find("a", -1))
print(("abc"):find("x"), ("abc"):find("(b)(c)"), ("abc"):find("()b()"), ("a%b"):find("%%"), (""):find(""), (""):find("a"))
print(("test123abc"):match("%a+(%d+)(%a+)"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("2024-01-02"):match("(%d+)-(%d+)-(%d+)"))
print(("%d"):rep(2), ("a\nb"):gsub("\n", " "), ("tab\there"):find("\t"), ("a\\b"):gsub("\\", "/"))
print(("hello world from lua"):gsub("(%w+) (%w+)", "%2 %1"), ("abc"):gsub(".", { a = 1, b = true }))
print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("[[x]]"):match("%[%[(.-)%]%]"))
print(os.date("%Y-%m-%d %H:%M:%S", 0), os.date("!%Y", 86400 * 365), os.date("%s", 5), os.date("%a %A %b %B %d %y %I %p %P %M %S %w %z %Z %%", 1700000000))
print(os.date("%c", 0), os.date("%x", 3723), os.date("%X", 3723), os.date("%F", 0), os.date("!%c", 0), os.date("!!%H", 0), os.date("plain"), os.date("%"), os.date("%q %5", 0))
local t = os.date("*t", 1700000000) for k, v in pairs(t) do print(k, v) end
local t = os.date("!*t", 0) print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)
print(os.time({ year = 2020, month = 1, day = 1, hour = 0 }), os.time({ year = 2020, month = 1, day = 1 }), os.time({ year = 2020, month = 14, day = -3, hour = 25, min = 61, sec = 61 }))
print(os.time({ year = "2020", month = "02", day = "03", hour = 4 }), os.difftime(10, 4), type(os.time()), type(os.clock()))`),
  ],
};
