import { expect } from 'chai';
import { answerOf } from '../../../operator/sandbox/result.ts';

const nil = { type: 'nil', preview: '' };

function messageOf(
  type: Parameters<typeof answerOf>[0],
  name: Parameters<typeof answerOf>[1],
  allowed?: string[],
) {
  const answer = answerOf(type, name, allowed && new Set(allowed));
  if (answer.result !== 'error') throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
  expect(answer.failure.reason).to.equal('invalid_result');
  return answer.failure.message;
}

describe('What a script returned', () => {
  it('is a workload when it is a kind and a name', () => {
    expect(answerOf('StatefulSet', 'ogtest', undefined)).to.deep.equal({
      result: 'resolved',
      type: 'StatefulSet',
      name: 'ogtest',
    });
  });

  it('gets the usual capitals of well-known kinds, and keeps those of others', () => {
    expect(answerOf('statefulset', 'a', undefined)).to.include({ type: 'StatefulSet' });
    expect(answerOf('CLONESET', 'a', undefined)).to.include({ type: 'CloneSet' });
    expect(answerOf('openGaussCluster', 'a', undefined)).to.include({ type: 'openGaussCluster' });
  });

  it('is "not mine" when either string is empty, or nothing came', () => {
    for (const [type, name] of [
      ['', ''],
      ['StatefulSet', ''],
      ['', 'a'],
      [nil, nil],
      ['', nil],
      [nil, ''],
    ] as const) {
      expect(answerOf(type, name, undefined)).to.deep.equal({ result: 'skipped' });
    }
  });

  it('says what came instead of two strings', () => {
    expect(messageOf({ type: 'number', preview: '42' }, 'a')).to.equal(
      'GetWorkloadTypeAndName must return two strings, but returned the number 42 and "a"',
    );
    expect(messageOf({ type: 'table', preview: '' }, { type: 'boolean', preview: 'true' })).to.contain(
      'returned a table and the boolean true',
    );
    expect(messageOf('StatefulSet', nil)).to.contain('returned "StatefulSet" and nil');
  });

  it('must have a type that can be a Kubernetes kind', () => {
    for (const type of ['Stateful Set', '3Sets', 'Stateful-Set', 'Ünit', 'a'.repeat(64)]) {
      expect(messageOf(type, 'a')).to.contain('is not a Kubernetes kind');
    }
    expect(answerOf('a'.repeat(63), 'a', undefined)).to.include({ result: 'resolved' });
  });

  it('must have a name of at most 253 bytes of printable UTF-8', () => {
    const bytes = (text: string) => Buffer.from(text).toString('latin1');
    expect(answerOf('Job', 'a'.repeat(253), undefined)).to.include({ result: 'resolved' });
    expect(messageOf('Job', 'a'.repeat(254))).to.contain('longer than 253 bytes');
    expect(answerOf('Job', bytes('größe'), undefined)).to.include({ name: 'größe' });
    for (const name of [
      'a\0b',
      'a\nb',
      '\xff\xfe',
      bytes('a\u2028b'),
      bytes('a\u200bb'),
      '\xed\xa0\x80',
      ' ',
      '\t',
      bytes('\u3000'),
    ]) {
      expect(messageOf('Job', name)).to.contain('not printable UTF-8');
    }
  });

  it('must have an allowed type where types are restricted', () => {
    expect(answerOf('deployment', 'a', new Set(['Deployment']))).to.include({ type: 'Deployment' });
    expect(messageOf('Job', 'a', ['Deployment', 'CloneSet'])).to.equal(
      'the type Job is not allowed; allowed are Deployment, CloneSet',
    );
  });

  it('is quoted in messages with its control characters made harmless', () => {
    const message = messageOf('a\r\nlevel=error\x1b[31m', 'b');
    expect(message).to.not.match(/[\p{C}]/u);
    expect(Buffer.byteLength(message)).to.be.at.most(256);
  });
});
