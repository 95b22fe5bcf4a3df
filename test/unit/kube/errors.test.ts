import { expect } from 'chai';
import {
  ApiError,
  ConnectionError,
  describeError,
  isConflict,
  isForbidden,
  isGone,
  isNotFound,
  isRetryable,
  retryAfterMs,
} from '../../../operator/kube/client/errors.ts';
import { apiErrorFrom, parseRetryAfter } from '../../../operator/kube/client/status.ts';

function coded(code: string, cause?: unknown): Error {
  return Object.assign(new Error(`failed with ${code}`, { cause }), { code });
}

describe('errors of the API server', () => {
  it('says in one line what the server refused and why', () => {
    const text = JSON.stringify({
      kind: 'Status',
      code: 403,
      reason: 'Forbidden',
      message: 'pods is forbidden:\nno',
    });
    expect(describeError(apiErrorFrom(403, {}, text))).to.equal('403 Forbidden: pods is forbidden: no');
  });

  it('keeps what a proxy wrote when the answer is no Status', () => {
    const error = apiErrorFrom(502, {}, '<html>bad gateway</html>');
    expect(error.reason).to.equal('BadGateway');
    expect(error.message).to.equal('<html>bad gateway</html>');
  });

  it('has a message even without a body', () => {
    expect(describeError(apiErrorFrom(503, {}, ''))).to.equal(
      '503 ServiceUnavailable: the API server answered 503 ServiceUnavailable',
    );
  });

  it('reads Retry-After in seconds and as a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(parseRetryAfter('7', now)).to.equal(7_000);
    expect(parseRetryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now)).to.equal(30_000);
    expect(parseRetryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now)).to.equal(0);
    expect(parseRetryAfter('soon', now)).to.equal(undefined);
  });

  it('takes the delay from the Status when there is no header', () => {
    expect(retryAfterMs(new ApiError(429, { details: { retryAfterSeconds: 3 } }))).to.equal(3_000);
    expect(retryAfterMs(new ApiError(429))).to.equal(undefined);
  });

  it('tells what has to be done next', () => {
    expect(isNotFound(new ApiError(404))).to.equal(true);
    expect(isForbidden(new ApiError(403))).to.equal(true);
    expect(isConflict(new ApiError(409))).to.equal(true);
    expect(isConflict(new ApiError(409, { reason: 'AlreadyExists' }))).to.equal(false);
    expect(isGone(new ApiError(410))).to.equal(true);
    expect(isGone(new ApiError(500, { reason: 'Expired' }))).to.equal(true);
    expect(isGone(new Error('gone'))).to.equal(false);
  });

  it('retries what time heals and nothing else', () => {
    for (const status of [408, 429, 500, 502, 503, 504]) {
      expect(isRetryable(new ApiError(status)), String(status)).to.equal(true);
    }
    for (const status of [400, 401, 403, 404, 409, 410, 422]) {
      expect(isRetryable(new ApiError(status)), String(status)).to.equal(false);
    }
    expect(isRetryable(new Error('a fault of the program'))).to.equal(false);
  });
});

describe('errors of the connection', () => {
  it('finds the code a few causes deep', () => {
    const error = new ConnectionError('no answer', {
      cause: new Error('fetch failed', { cause: coded('ECONNRESET') }),
    });
    expect(error.code).to.equal('ECONNRESET');
    expect(isRetryable(error)).to.equal(true);
  });

  it('finds the code of a host that was tried at several addresses', () => {
    const cause = new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]);
    const error = new ConnectionError('no answer', { cause });
    expect(error.code).to.equal('ECONNREFUSED');
    expect(describeError(cause)).to.equal('failed with ECONNREFUSED, failed with ECONNREFUSED');
  });

  it('does not take a bad certificate for a hiccup', () => {
    const error = new ConnectionError('no answer', { cause: coded('DEPTH_ZERO_SELF_SIGNED_CERT') });
    expect(isRetryable(error)).to.equal(false);
  });
});
