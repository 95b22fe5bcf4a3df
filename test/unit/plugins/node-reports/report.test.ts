import { expect } from 'chai';
import { decodeReport } from '../../../../operator/plugins/node-reports/decode.ts';
import { encodeReport } from '../../../../operator/plugins/node-reports/report.ts';
import { makeError, makeNumbers } from './numbers.ts';

const longName = (index: number) => `${String(index).padStart(3, '0')}${'x'.repeat(250)}`;
const longMessage = { reason: 'runtime', message: '\u{1f525}'.repeat(64) } as const;

describe("a node's report", () => {
  it('says the same numbers once read again', () => {
    const own = { type: 'Job', name: 'x' };
    const other = { type: 'Job', name: 'y' };
    const numbers = new Map([
      ['a', makeNumbers({ pods: 3, errors: 2, lastErrors: [makeError(2, 20), makeError(1, 10)] })],
      ['b', makeNumbers({ pods: 1, quarantinedUntil: 99 })],
      ['c', makeNumbers({ dryRun: { podsChanging: 1, examples: [{ pod: 'a/x', before: {}, after: {} }] } })],
      ['d', makeNumbers({ conflicts: [{ with: 'a', decides: false, pod: 'a/x', own, other }] })],
    ]);
    const read = decodeReport(encodeReport(numbers).text);
    expect([...(read ?? [])]).to.deep.equal([
      ['a', numbers.get('a')],
      ['b', numbers.get('b')],
      ['c', numbers.get('c')],
      ['d', numbers.get('d')],
    ]);
  });

  it('is the same text for the same numbers, and leaves plugins without any out', () => {
    const a = ['a', makeNumbers({ pods: 1 })] as const;
    const b = ['b', makeNumbers({ pods: 2 })] as const;
    const none = ['none', makeNumbers()] as const;
    const { text } = encodeReport(new Map([a, b, none]));
    expect(encodeReport(new Map([none, b, a])).text).to.equal(text);
    expect(text).not.to.contain('none');
  });

  it('holds the counts of 200 plugins of the longest names in 96 KiB', () => {
    const lastErrors = [1, 2, 3, 4, 5].map((line) => makeError(line, line, { failure: longMessage }));
    const numbers = new Map(
      Array.from({ length: 200 }, (_, index) => [
        longName(index),
        makeNumbers({ pods: 110, revision: '0123456789abcdef', errors: 1234, lastErrors }),
      ]),
    );
    const { text, dropped } = encodeReport(numbers);
    expect(dropped).to.equal(0);
    expect(Buffer.byteLength(text)).to.be.at.most(96 * 1024);
    expect([...(decodeReport(text)?.values() ?? [])].every(({ pods }) => pods === 110)).to.equal(true);
  });

  it('gives the room beside the counts to the latest errors', () => {
    const numbers = new Map(
      Array.from({ length: 400 }, (_, index) => [
        `plugin-${index}`,
        makeNumbers({ pods: 1, errors: 1, lastErrors: [makeError(1, index, { failure: longMessage })] }),
      ]),
    );
    const { text } = encodeReport(numbers);
    const read = decodeReport(text);
    expect(Buffer.byteLength(text)).to.be.within(90 * 1024, 96 * 1024);
    expect(read?.get('plugin-399')?.lastErrors).to.have.length(1);
    expect(read?.get('plugin-0')).to.deep.include({ errors: 1, lastErrors: [] });
  });

  it('drops the counts of fewest Pods when there is no room for all, and says how many', () => {
    const numbers = new Map(
      Array.from({ length: 400 }, (_, index) => [longName(index), makeNumbers({ pods: index + 1 })]),
    );
    const { text, dropped } = encodeReport(numbers);
    const read = decodeReport(text);
    expect(dropped).to.be.above(0);
    expect((read?.size ?? 0) + dropped).to.equal(400);
    expect(read?.has(longName(399))).to.equal(true);
    expect(read?.has(longName(0))).to.equal(false);
  });

  for (const [what, text] of [
    ['nothing', undefined],
    ['no JSON', '{"plugins":'],
    ['a list', '[]'],
    ['a negative count', '{"plugins":{"p":{"pods":-1,"errors":0,"lastErrors":[]}}}'],
    ['a count that is text', '{"plugins":{"p":{"pods":"7","errors":0,"lastErrors":[]}}}'],
    ['no count', '{"plugins":{"p":{}}}'],
    [
      'a time beyond all dates',
      '{"plugins":{"p":{"pods":1,"errors":0,"lastErrors":[],"quarantinedUntil":1e16}}}',
    ],
    [
      'an error of a kind that does not exist',
      '{"plugins":{"p":{"pods":1,"errors":1,"lastErrors":[{"failure":{"reason":"x","message":""},"time":1,"count":1}]}}}',
    ],
  ] as const) {
    it(`is none when it is ${what}`, () => expect(decodeReport(text)).to.equal(undefined));
  }

  it('may say more than this version knows', () => {
    const text = '{"plugins":{"p":{"pods":1,"errors":0,"lastErrors":[],"new":true}},"also":"new"}';
    expect(decodeReport(text)?.get('p')).to.include({ pods: 1 });
  });
});
