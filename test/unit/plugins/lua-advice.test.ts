import { expect } from 'chai';
import { luaAdvice } from '../../../operator/plugins/script/lua-advice.ts';
import { globalAssignments } from '../../../operator/plugins/script/lua-globals.ts';

const body = (lua: string) =>
  `local json = require("dkjson")\nfunction GetWorkloadTypeAndName(obj)\n${lua}\nend`;

describe('Advice on a script', () => {
  const found: Readonly<Record<string, [script: string, line: number, part: string]>> = {
    'os.getenv': [body('return "Job", os.getenv("CLUSTER")'), 3, 'spec.parameters'],
    'ngx.log': [body('ngx.log(ngx.ERR, "x")'), 3, 'print'],
    'ngx.say': [body('ngx.say("x")'), 3, 'print'],
    cjson: [body('local meta = cjson.decode(obj)'), 3, 'require("dkjson")'],
    bit: [body('return "Job", "" .. bit.band(1, 2)'), 3, 'Lua 5.4 has &'],
    bit32: [body('return "Job", "" .. bit32.band(1, 2)'), 3, 'Lua 5.4 has &'],
    'owners[0]': [body('local m = json.decode(obj)\nlocal o = m.ownerReferences[0]'), 4, 'lists begin at 1'],
    'meta.metadata': [
      body('local m = json.decode(obj)\nreturn "Job", m.metadata.name'),
      4,
      'm.labels, not m.metadata.labels',
    ],
    'a field of the argument': [body('if obj.labels == nil then return "", "" end'), 3, 'obj is JSON text'],
    'an index of the argument': [body('return "Job", obj["name"]'), 3, 'obj is JSON text'],
    'a type in the plural': [body('return "Deployments", "x"'), 3, 'in the singular: "Deployment"'],
  };
  for (const [what, [script, line, part]] of Object.entries(found)) {
    it(`finds ${what}, with the line and what to write`, () => {
      const [first, ...others] = luaAdvice(script);
      expect(first).to.include({ line });
      expect(first?.message).to.contain(part);
      expect(others.filter((each) => each.message !== first?.message)).to.deep.equal([]);
    });
  }

  const fine: Readonly<Record<string, string>> = {
    'methods of the argument': body(
      'return "Job", obj:match("x"), obj.len, #obj'.replace('obj.len', 'obj.find'),
    ),
    'an argument that was decoded into its own name': body('obj = json.decode(obj)\nreturn "Job", obj.name'),
    'a local of the script that has a name of those': body('local bit = { band = print }\nbit.band(1)'),
    'a label called metadata': body('local m = json.decode(obj)\nreturn "Job", m.labels.metadata'),
  };
  for (const [what, script] of Object.entries(fine)) {
    it(`has nothing to say of ${what}`, () => expect(luaAdvice(script)).to.deep.equal([]));
  }

  it('takes time in proportion to a script, however it was written', () => {
    const seconds = (words: number) => {
      const script = body(`local a = json.decode(obj)\n${'a.metadata '.repeat(words)}`);
      const startedAt = process.cpuUsage();
      luaAdvice(script);
      const { user, system } = process.cpuUsage(startedAt);
      return (user + system) / 1e6;
    };
    seconds(1_000);
    const small = Math.min(...[1, 2, 3].map(() => seconds(1_500)));
    const large = Math.min(...[1, 2, 3].map(() => seconds(6_000)));
    expect(large / small).to.be.lessThan(10);
  });
});

describe('A look for globals that a function sets', () => {
  const cases: Readonly<Record<string, [script: string, names: string[]]>> = {
    'finds one': [body('count = 1'), ['count']],
    'finds several of one assignment': [body('kind, name = "a", "b"'), ['kind', 'name']],
    'finds one in a block': [body('if obj then for i = 1, 2 do n = i end end'), ['n']],
    'takes no local for one': [body('local n = 1 n = 2 local a, b a, b = 1, 2'), []],
    'takes no captured local for one': [`local n = 0 ${body('n = n + 1')}`, []],
    'takes no parameter for one': [body('obj = json.decode(obj)'), []],
    'takes no loop variable for one': [
      body('for i = 1, 2 do i = 3 end for k, v in pairs({}) do k = v end'),
      [],
    ],
    'takes no field and no key for one': [
      body('local t = { a = 1, b = { c = 2 } } t.x = 1 t["y"] = 2 f{ z = 1 }'),
      [],
    ],
    'takes what the top level sets for no fault': [`rules = {} ${body('return "", ""')}`, []],
    'sees that a block ends its locals': [body('do local n = 1 end n = 2'), ['n']],
    'sees locals in each branch': [body('if obj then local n = 1 n = 2 else n = 3 end'), ['n']],
    'takes no comparison for one': [body('if n == 1 then return "", "" end'), []],
  };
  for (const [title, [script, names]] of Object.entries(cases)) {
    it(title, () => {
      const messages = globalAssignments(script).map(({ message }) => /global (\w+)/.exec(message)?.[1]);
      expect(messages).to.deep.equal(names);
    });
  }
});
