import { expect } from 'chai';
import { parseDuration } from '../../../operator/api/duration.ts';
import { parseQuantity } from '../../../operator/api/quantity.ts';

describe('parseDuration', () => {
  const good: [string, number][] = [
    ['0ms', 0],
    ['50ms', 50],
    ['1s', 1000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['999999999ms', 999_999_999],
  ];
  for (const [text, ms] of good) {
    it(`reads ${text} as ${ms} ms`, () => expect(parseDuration(text)).to.equal(ms));
  }
  for (const text of ['', '50', 'ms', '1.5s', '-1s', '1 s', '1s500ms', '1S', '1d', '1000000000ms', '١s']) {
    it(`refuses "${text}"`, () => expect(() => parseDuration(text)).to.throw(RangeError, `"${text}"`));
  }
});

describe('parseQuantity', () => {
  const good: [string, number][] = [
    ['0', 0],
    ['1048576', 1_048_576],
    ['3k', 3000],
    ['64M', 64_000_000],
    ['1G', 1_000_000_000],
    ['2Ki', 2048],
    ['16Mi', 16_777_216],
    ['1Gi', 1_073_741_824],
  ];
  for (const [text, bytes] of good) {
    it(`reads ${text} as ${bytes} bytes`, () => expect(parseQuantity(text)).to.equal(bytes));
  }
  for (const text of ['', 'Mi', '1.5Gi', '-1', '16 Mi', '16mi', '16MB', '1e3', '1T', '1000000000000000']) {
    it(`refuses "${text}"`, () => expect(() => parseQuantity(text)).to.throw(RangeError, `"${text}"`));
  }
});
