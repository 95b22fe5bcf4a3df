import { body, type Family } from './family.ts';

/** Patterns as authors write them for names, versions and labels, and those at the edges. */
const patterns = String.raw`
^(.*)%-%w+%-%w+$ · ^(.-)%-%d+$ · [^-]+ · [^-]* · ([^,]*),? · %w* · %w+ · %d* · %d+ · . · .* · .- · ^ · $ · ^$ · () · ()%w+()
· (%w)(%w) · (%w-)%- · ^app · ^app%. · %.%w+$ · %a%d · [%a_][%w_]* · [a-c]+ · [^a-c]+ · []] · [^]]+ · [%]] · [-a] · [a-] · [%-%.]
· %b() · %b[] · (a*(b*)) · ((%w+)%-(%w+)) · %s* · %s+ · ^%s*(.-)%s*$ · %p · %p* · %u%l* · %x+ · %c · %z · [%w%-]+ · [%w%-%.]+
· -- · a? · a?b · ab?c · (ab)? · x* · x*$ · ^x* · ^.- · .-$ · %%
· %1 · (.)%1 · (%w)%1 · [ · ] · ( · ) · % · %- · (%w · %w) · [a · [^ · [%a-z] · [a-%z] · [%w-_]+ · [%w%.-_]+ · [%w_-]+ · [%w_.-]+ · +a · *a · a** · a+? · ^^a · a$b · a^b`
  .split('·')
  .map((pattern) => pattern.trim());

const subjects = [
  '',
  'a',
  'abc',
  'aab-bba-1',
  'orders-api-5d9c-x2x9z',
  'kafka-broker-0',
  'a,b,,c,',
  ' v1.2.3 ',
  'app.kubernetes.io/name',
  'xxABC(d(e)f)[g]%]-1',
];

const lists = `local subjects = { ${subjects.map((text) => JSON.stringify(text)).join(', ')} }`;

/** One script for each pattern and function, over all subjects. */
const uses: Record<string, string> = {
  match: 'local a, b, c = s:match(p) print(s, a, b, c)',
  find: 'print(s, s:find(p))',
  'find from a position': 'print(s, s:find(p, 3), s:find(p, -2))',
  gmatch: 'for a, b in s:gmatch(p) do print(s, a, b) end',
  gsub: 'print(s, s:gsub(p, "<%0>"))',
  'gsub with a capture': 'print(s, s:gsub(p, "%1."))',
  'gsub with a function': 'print(s, s:gsub(p, function(a, b) print(a, b) return a == "a" and "" or nil end))',
  'gsub with a limit': 'print(s, s:gsub(p, "_", 1), s:gsub(p, {a = "1", b = "2"}, 2))',
};

export const patternScripts: Family = {
  name: 'patterns',
  scripts: patterns.flatMap((pattern) =>
    Object.values(uses).map((use) =>
      body(`${lists} local p = [==[${pattern}]==] for _, s in ipairs(subjects) do ${use} end`),
    ),
  ),
};
