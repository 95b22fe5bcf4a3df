import { bodies, type Family } from './family.ts';

/** What a script does with its argument, as text and decoded, and with dkjson. */
export const documentScripts: Family = {
  name: 'the argument and JSON',
  scripts: bodies(String.raw`
print(m)
return "Job", m:match('"name":"([^"]+)"')
return "Job", m:match('"z":"([^"]+)"')
print(m:find('"labels"'), m:find("u003c"), #m)
for k in m:gmatch('"([%w./-]+)":') do print(k) end
local function walk(t, d) for k, v in pairs(t) do print(d .. tostring(k), type(v) == "table" and "" or tostring(v)) if type(v) == "table" then walk(v, d .. " ") end end end walk(json.decode(m), "")
local meta = json.decode(m, 1, nil) print(meta.name, meta.labels and meta.labels.app, #(meta.ownerReferences or {}))
for k, v in pairs(json.decode(m, 1, nil).labels or {}) do if k:find("^app") then return "Deployment", v end end return "", ""
return "Deployment", (json.encode(json.decode(m).labels or {}))
return "Deployment", (json.encode(json.decode(m)))
print((json.encode(json.decode(m), { indent = true })))
local meta = json.decode(m) meta.extra = "x" meta.name = nil meta.name = "again" for k in pairs(meta) do print(k) end
local meta = json.decode(m) meta.labels = nil print((json.encode(meta)))
local meta, pos, err = json.decode(m .. " ") print(type(meta), pos, err)
print(select(2, json.decode("{}"))) print(json.decode("")) print(json.decode("nope")) print(json.decode("[1,2"))
print(json.decode('{"a":')) print(select(2, json.decode("[1 2]"))) print(json.decode('"open')) print(json.decode("null")) print(json.decode("nul"))
local t = json.decode('{"b":1,"a":2,"c":[3,2,1],"d":{"z":1,"y":2}}') for k, v in pairs(t) do print(k, type(v)) end for k in pairs(t.d) do print(k) end
local t = json.decode('[1,null,3]') print(#t, t[1], t[2], t[3]) local u = json.decode('[1,null,3]', 1, json.null) print(#u, u[2] == json.null)
local t = json.decode('{"a":null,"b":1}', 1, "none") print(t.a, t.b)
local t = json.decode('{"1":"a","2":"b","10":"c"}') for k, v in pairs(t) do print(type(k), k, v) end
local t = json.decode('{"a":1,"b":2,"a":3}') for k, v in pairs(t) do print(k, v) end
print(json.decode('1'), json.decode('-1.5'), json.decode('true'), json.decode('"x"'), json.decode('12345678901234567890'))
print(getmetatable(json.decode("{}")).__jsontype, getmetatable(json.decode("[]")).__jsontype, getmetatable(json.decode("{}", 1, nil, nil)))
print(json.decode('"\\u00e4\\n\\t\\"\\\\\\/"'), json.decode('"\\ud83d\\ude00"'), json.decode('"\\u003ca\\u003e"'))
print((json.encode({ 1, 2, 3 })), (json.encode({})), (json.encode({ a = 1 })), (json.encode("x\n\"")), (json.encode(1.5)), (json.encode(true)), (json.encode(nil)))
print((json.encode({ z = 1, y = 2, x = { w = 3, v = 4 } })), (json.encode({ b = 1, a = 2 }, { keyorder = { "a", "b" } })))
print((json.encode({ 1, 2, nil, 4 })), (json.encode({ [1] = 1, [3] = 3 })), (json.encode({ [10] = 1 })), (json.encode({ [1] = 1, x = 2 })), (json.encode({ n = 3 })))
print((json.encode(setmetatable({}, { __jsontype = "object" }))), (json.encode(setmetatable({}, { __jsontype = "array" }))), (json.encode(json.null)))
print((json.encode(setmetatable({ b = 1, a = 2, c = 3 }, { __jsonorder = { "c" } }))), (json.encode(setmetatable({}, { __tojson = function() return "mine" end }))))
print(pcall(json.encode, { f = print }) == false, pcall(json.encode, { [true] = 1 }) == false, pcall(json.decode) == false)
print((json.encode({ f = print }, { exception = function(reason) return '"' .. reason .. '"' end })))
local t = {} t.t = t print(pcall(json.encode, t) == false)
print((json.encode(1e15)), (json.encode(0.1)), (json.encode(1/3)), (json.encode(2^53)), (json.encode(1e100)), (json.encode(0/0)), (json.encode(-0.0)), (json.encode(100)))
print((json.encode("<a> & b")), (json.encode("Größe")), (json.encode("\127\1")), (json.encode("/")), (json.quotestring("q")))
local t = json.decode('{"labels":{"b":"1","a":"2"}}') t.labels.c = "3" t.labels.a = nil t.labels.d = "4" print((json.encode(t)))
local t = json.decode('  {"a": [1, {"b": "c"}], "d": {}}  ') print(t.a[2].b, next(t.d), #t.a)
local owners = json.decode(m).ownerReferences or {} for i, o in ipairs(owners) do print(i, o.kind, o.name, o.controller) end
local owner = (json.decode(m).ownerReferences or {})[1] or {} return owner.kind or "", owner.name or ""
local meta = json.decode(m) local name = meta.name or "" return "Deployment", (name:gsub("%-%w+%-%w+$", ""))
local meta = json.decode(m) return "StatefulSet", meta.labels and (meta.labels["app.kubernetes.io/name"] or meta.labels.app) or ""
local meta = json.decode(m) local best for k, v in pairs(meta.labels or {}) do if not best or k < best then best = k end end return "Job", best or ""
local meta = json.decode(m) local out = {} for k, v in pairs(meta.labels or {}) do out[#out + 1] = k .. "=" .. v end table.sort(out) return "Job", table.concat(out, ",")
local meta = json.decode(m) local out = {} for k, v in pairs(meta.labels or {}) do out[#out + 1] = k .. "=" .. v end return "Job", table.concat(out, ",")
local meta = json.decode(m) local rules = { { "^web", "Deployment" }, { "^db", "StatefulSet" } } for _, r in ipairs(rules) do if (meta.name or ""):find(r[1]) then return r[2], meta.name end end return "", ""
local meta = json.decode(m) local rules = { web = "Deployment", db = "StatefulSet", cache = "Job" } for p, k in pairs(rules) do if (meta.name or ""):sub(1, #p) == p then return k, p end end return "", ""
local meta = json.decode(m) return meta.ownerReferences[1].kind, meta.ownerReferences[1].name
local meta = json.decode(m) return "Job", meta.name:upper():lower():gsub("-", "_")
for _, o in ipairs(json.decode(m).ownerReferences) do return o.kind, o.name end return "", ""
return json.decode(m).kind, json.decode(m).name
local name = json.decode(m).name or "x-1" local base, n = name:match("^(.*)-(%w+)$") print(base, n, tonumber(n) or "no number")
print(json.version ~= nil, type(json.encode), type(json.decode), type(json.null), type(json.quotestring), json.use_lpeg ~= nil)
print(json == require("dkjson"), package.loaded.dkjson == json, type(package.path))`),
};
