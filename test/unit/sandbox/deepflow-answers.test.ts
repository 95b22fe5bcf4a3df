import { expect } from 'chai';
import { goJson } from '../../../operator/api/go-json.ts';
import type { JsonValue } from '../../../operator/sandbox/contract.ts';
import { LoadedProgram } from '../../../operator/sandbox/worker/loaded-program.ts';
import { mebibyte, parts, shareOf } from './engine.ts';

interface Case {
  /** The script's top level, before its function. */
  readonly top?: string;
  /** The function; `m` is its argument. */
  readonly body: string;
  readonly parameters?: JsonValue;
  /** The metadata of Pods, and what the script answers to each; undefined is a skip. */
  readonly pods: readonly (readonly [metadata: object, workload: string | undefined])[];
}

const labels = 'json.decode(m, 1, nil).labels';

/** What gopher-lua 1.1.2 answers when it is used as DeepFlow's server does. */
const cases: Readonly<Record<string, Case>> = {
  'skips a Pod without the label that the Pod before had, although the function sets globals': {
    top: 'kind, name = "", ""',
    body: `local l = ${labels} or {} if l.cluster then kind, name = "StatefulSet", l.cluster end return kind, name`,
    pods: [
      [{ labels: { cluster: 'orders' } }, 'StatefulSet orders'],
      [{}, undefined],
    ],
  },
  'finds a table of the top level empty for each Pod': {
    top: 'local parts = {}',
    body: 'local name = json.decode(m, 1, nil).name for w in name:gmatch("[^-]+") do parts[#parts + 1] = w end return "Deployment", table.concat(parts, ".")',
    pods: [
      [{ name: 'web-1' }, 'Deployment web.1'],
      [{ name: 'cart-2' }, 'Deployment cart.2'],
    ],
  },
  'meets labels sorted by their keys': {
    body: `for k, v in pairs(${labels}) do if k:find("^app") then return "Deployment", v end end return "", ""`,
    pods: [[{ labels: { 'app.kubernetes.io/name': 'a', apps: 'c', app: 'b' } }, 'Deployment b']],
  },
  'encodes what it decoded in the same order': {
    body: `return "Deployment", json.encode(${labels})`,
    pods: [[{ labels: { b: '1', a: '2' } }, 'Deployment {"a":"2","b":"1"}']],
  },
  'meets parameters sorted by their keys': {
    body: 'for prefix, kind in pairs(parameters) do if json.decode(m).name:sub(1, #prefix) == prefix then return kind, prefix end end',
    parameters: { 'web-shop': 'Job', web: 'Deployment', 'web-': 'StatefulSet' },
    pods: [
      [{ name: 'web-shop-1' }, 'Deployment web'],
      [{ name: 'web-shop-2' }, 'Deployment web'],
    ],
  },
  'may escape a minus in a text': {
    body: String.raw`return "Deployment", (json.decode(m, 1, nil).name:match("^(.*)\-%w+\-%w+$"))`,
    pods: [[{ name: 'orders-api-5d9c-x2x9z' }, 'Deployment orders-api']],
  },
  'finds no empty match between two words with gmatch("[^-]*")': {
    body: 'local p = {} for w in ("kafka-broker-0"):gmatch("[^-]*") do p[#p + 1] = w end return "StatefulSet", p[3]',
    pods: [[{}, 'StatefulSet broker']],
  },
  'sorts by a comparison that takes ties for less': {
    body: 'local t = { "ba", "aa", "ca", "da", "ea", "fa" } table.sort(t, function(a, b) return #a >= #b end) return "Job", table.concat(t)',
    pods: [[{}, 'Job faeadacaaaba']],
  },
  'joins past the end of a list': {
    body: 'return "Job", table.concat({ "a", "b" }, "-", 1, 3)',
    pods: [[{}, 'Job a-b']],
  },
  'computes with doubles only': {
    body: 'local h = 7 for i = 1, 40 do h = h * 31 + 101 end return "Job", tostring(h % 16)',
    pods: [[{}, 'Job 0']],
  },
  'finds labels before the name in the text': {
    body: `return "Job", m:match('"name":"([^"]+)"')`,
    pods: [[{ name: 'outer', labels: { name: 'inner' } }, 'Job inner']],
  },
  'finds < and > of an annotation escaped in the text': {
    body: `return "Job", m:match('"z":"([^"]+)"')`,
    pods: [[{ annotations: { z: '<a>' } }, String.raw`Job \u003ca\u003e`]],
  },
};

describe('A script for DeepFlow', () => {
  for (const [title, { top = '', body, parameters, pods }] of Object.entries(cases)) {
    it(title, () => {
      const script = `local json = require("dkjson") ${top} function GetWorkloadTypeAndName(m) ${body} end`;
      const limits = { timeoutMs: 1000, memoryBytes: 16 * mebibyte };
      const definition = { id: 'shop@1', plugin: 'shop', script, limits, ...(parameters && { parameters }) };
      const program = new LoadedProgram(definition, {
        ...parts,
        budget: shareOf(2 ** 28),
        allowedTypes: undefined,
        now: () => 0,
      });
      for (const [metadata, workload] of pods) {
        const text = Buffer.from(goJson(metadata));
        const answer = program.ask(text, 0, text.length, false);
        expect(answer.result === 'resolved' ? `${answer.type} ${answer.name}` : answer).to.deep.equal(
          workload ?? { result: 'skipped' },
        );
      }
    });
  }
});
