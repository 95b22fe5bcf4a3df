import { expect } from 'chai';
import { LoadedProgram } from '../../../operator/sandbox/worker/loaded-program.ts';
import { mebibyte, parts, shareOf } from './engine.ts';

function program(script: string): LoadedProgram {
  const limits = { timeoutMs: 1000, memoryBytes: 16 * mebibyte };
  const definition = { id: 'shop@1', plugin: 'shop', script, limits };
  return new LoadedProgram(definition, {
    ...parts,
    budget: shareOf(2 ** 28),
    allowedTypes: undefined,
    now: () => 0,
  });
}

/** What a script's function fails with; its body begins in line 3. */
function failureOf(body: string, text = '{"name":"web-0"}') {
  const script = `local json = require("dkjson")\nfunction GetWorkloadTypeAndName(text)\n${body}\nend`;
  const answer = program(script).ask(Buffer.from(text), 0, text.length, false);
  return answer.result === 'error' ? answer.failure : undefined;
}

describe('An error of a script', () => {
  const meta = 'local meta = json.decode(text, 1, nil)\n';
  const cases: Readonly<Record<string, [body: string, line: number, message: string]>> = {
    'names the line and the field that ipairs did not get': [
      `${meta}for _, o in ipairs(meta.ownerReferences) do return o.kind, o.name end`,
      4,
      "shop:4: bad argument #1 to 'ipairs' (table expected, got nil): meta.ownerReferences is nil",
    ],
    'names the line and the field that string.sub did not get': [
      `${meta}return "Job", string.sub(meta.generateName, 1, -2)`,
      4,
      "shop:4: bad argument #1 to 'sub' (string expected, got nil): meta.generateName is nil",
    ],
    'names what was indexed': [
      `${meta}return meta.owner.kind, "x"`,
      4,
      "shop:4: attempt to index a nil value (field 'owner')",
    ],
    'names the line of a sort of numbers and strings': [
      'local t = { 1, "x" }\n\n\ntable.sort(t)',
      6,
      'shop:6: attempt to compare string with number',
    ],
    'names the line of a division of whole numbers by zero': [
      'local n = #text\nlocal x = 1\nlocal z = n % 0',
      5,
      "shop:5: attempt to perform 'n%0'",
    ],
    'names the line of endless recursion': [
      'local function f()\nreturn 1 + f()\nend\nf()',
      4,
      'shop:4: stack overflow',
    ],
    'names the line that called a method of nothing': [
      `${meta}\nlocal n = meta.generateName:sub(1, 2)`,
      5,
      "shop:5: attempt to index a nil value (field 'generateName')",
    ],
    'names the line where a coroutine failed': [
      'local co = coroutine.wrap(function()\nlocal next_one = ipairs(nil)\nend)\nco()',
      4,
      "shop:4: bad argument #1 to 'ipairs' (table expected, got nil)",
    ],
    'names the line that encoded what cannot be encoded': [
      'return "Job",\njson.encode({ f = print })',
      4,
      "shop:4: type 'function' is not supported by JSON.",
    ],
  };
  for (const [title, [body, line, message]] of Object.entries(cases)) {
    it(title, () => {
      expect(failureOf(body)).to.deep.include({ reason: 'runtime', line });
      expect(failureOf(body)?.message).to.equal(message);
    });
  }

  it('names no file of the sandbox, also to a script that catches it', () => {
    const body = `local out = {} for _, f in ipairs({ ipairs, pairs, table.sort, table.concat, string.rep, string.gsub,
      string.upper, table.insert, table.remove, math.max, os.date, setmetatable, json.decode, json.encode, require }) do
      local ok, e = pcall(function() return f(nil, {}, {}) end) out[#out + 1] = tostring(e) end
      error(table.concat(out, "|"))`;
    const script = `local json = require("dkjson") function GetWorkloadTypeAndName() ${body} end`;
    const answer = program(script).ask(Buffer.from('{}'), 0, 2, false);
    expect(JSON.stringify(answer)).to.not.match(/\?:-1|sandbox|lua51/);
  });

  const missing: Readonly<Record<string, [script: string, message: string]>> = {
    'a local one': ['\nlocal function GetWorkloadTypeAndName() end', 'but line 2 makes it local'],
    'another spelling': [
      'function getWorkloadTypeAndName() end',
      'but line 1 spells it getWorkloadTypeAndName',
    ],
    "DeepFlow's earlier name": [
      'function GetLoadsTypeName() end',
      'GetLoadsTypeName, in line 1, is what DeepFlow called it before',
    ],
    'nothing like it': ['x = 1', 'but it is nil'],
  };
  for (const [what, [script, message]] of Object.entries(missing)) {
    it(`says that the function is missing, and that there is ${what}`, () => {
      expect(program(script).load()?.message).to.contain(message);
    });
  }

  it('says to write `script: |` where YAML has joined the lines', () => {
    const lines = [
      'local json = require("dkjson") -- decodes',
      'function GetWorkloadTypeAndName(m)',
      'return "Job", "x"',
      'end',
    ];
    const advice = 'in YAML write "script: |", not "script: >"';
    expect(program(lines.join(' ')).load()?.message).to.contain(advice);
    expect(program(`if true then ${lines.join(' ')}`).load()?.message).to.contain(advice);
  });

  it('leaves text that print wrote as it was written', () => {
    const printing = program('function GetWorkloadTypeAndName() print("Größe", "日本") return "", "" end');
    printing.ask(Buffer.from('{}'), 0, 2, true);
    expect(printing.takeOutput()).to.equal('Größe\t日本\n');
  });
});
