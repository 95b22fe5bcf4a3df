import { expect } from 'chai';
import type { LuaPluginStatus } from '../../../operator/api/generated.ts';
import { earlierErrors, earlierRevision } from '../../../operator/plugins/status/earlier-status.ts';

const error = { reason: 'runtime', message: 'p:1: boom', line: 1, pod: 'a/b', count: 2 };

describe('what a status says of an earlier run', () => {
  it('is its errors, and the revision that served last', () => {
    const time = '2026-01-01T00:00:00.000Z';
    const activeRevision = { number: 4, hash: 'h', generation: 9 };
    const status: LuaPluginStatus = { activeRevision, errors: 7, lastErrors: [{ ...error, time }] };
    const failure = { reason: 'runtime', message: 'p:1: boom', line: 1 };
    expect(earlierErrors(status)).to.deep.equal({
      revision: 'h',
      errors: 7,
      lastErrors: [{ failure, pod: 'a/b', time: Date.parse(time), count: 2 }],
    });
    expect(earlierRevision(status)).to.equal(activeRevision);
  });

  it('is nothing for a plugin that was never looked at', () => {
    expect(earlierErrors({ observedGeneration: -1 })).to.deep.equal({
      revision: undefined,
      errors: 0,
      lastErrors: [],
    });
    expect(earlierRevision(undefined)).to.equal(undefined);
  });

  it('can not keep a later status from being written, whatever somebody wrote into it', () => {
    const last = 2 ** 63;
    const { errors, lastErrors } = earlierErrors({
      errors: last,
      lastErrors: [{ ...error, time: '2026-12-31T23:59:59Z', count: last }],
    });
    expect(errors).to.equal(1e12);
    expect(lastErrors.map(({ count }) => count)).to.deep.equal([1e12]);
    const activeRevision = { number: last, hash: 'h', generation: 1 };
    expect(earlierRevision({ activeRevision })).to.equal(undefined);
  });
});
