import { expect } from 'chai';
import { goJson } from '../../../operator/api/go-json.ts';

describe("The text of a Pod's metadata", () => {
  const cases: Readonly<Record<string, [value: unknown, text: string]>> = {
    'has its keys sorted, at every level': [
      { name: 'a', labels: { b: '1', a: '2' }, owners: [{ uid: 'u', kind: 'k' }] },
      '{"labels":{"a":"2","b":"1"},"name":"a","owners":[{"kind":"k","uid":"u"}]}',
    ],
    'has keys of digits in the order of bytes, too': [
      { 10: 'a', 9: 'b', a: 'c' },
      '{"10":"a","9":"b","a":"c"}',
    ],
    'has characters beyond 16 bits after all others': [
      { '\u{1f600}': 1, '\uffee': 2, z: 3 },
      '{"z":3,"\uffee":2,"\u{1f600}":1}',
    ],
    "has Go's escapes": [
      { z: '<a> & \u2028\u2029 "\\\n\u0001ü' },
      '{"z":"\\u003ca\\u003e \\u0026 \\u2028\\u2029 \\"\\\\\\n\\u0001ü"}',
    ],
    'leaves out what is undefined': [
      { a: undefined, b: [undefined, null], c: true },
      '{"b":[null,null],"c":true}',
    ],
    'writes dates as JSON does': [{ at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  };
  for (const [title, [value, text]] of Object.entries(cases)) {
    it(title, () => expect(goJson(value)).to.equal(text));
  }
});
