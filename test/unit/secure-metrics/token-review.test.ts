import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import { reviewToken } from '../../../operator/serving/secure-metrics/token-review.ts';
import { FakeClient } from '../kube/fake-client.ts';

const user = { username: 'system:serviceaccount:m:p', uid: 'u', groups: ['g'], extra: { pod: ['p-0'] } };
const known = { kind: 'TokenReview', status: { authenticated: true, user } };

describe('the review of a token', () => {
  it('asks whose it is, and then whether that user may get the path', async () => {
    const client = new FakeClient().answer(known).answer({ status: { allowed: true } });
    expect(await reviewToken(client, 'secret', '/metrics')).to.deep.equal({ outcome: 'allowed' });
    const [first, second] = client.calls;
    expect(first).to.include({ method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews' });
    expect(Object(first?.body).spec).to.deep.equal({ token: 'secret' });
    expect(second).to.include({ method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews' });
    expect(Object(second?.body).spec).to.deep.equal({
      user: user.username,
      uid: 'u',
      groups: ['g'],
      extra: { pod: ['p-0'] },
      nonResourceAttributes: { path: '/metrics', verb: 'get' },
    });
  });

  const nobody: Readonly<Record<string, object>> = {
    'a token that is refused': { status: { authenticated: false, error: 'invalid bearer token' } },
    'an answer without a status': {},
    'a user without a name': { status: { authenticated: true, user: {} } },
    'a user who is not authenticated': { status: { user } },
  };
  for (const [what, answer] of Object.entries(nobody)) {
    it(`takes ${what} for nobody's, and asks no further`, async () => {
      const client = new FakeClient().answer({ kind: 'TokenReview', ...answer });
      expect(await reviewToken(client, 'secret', '/metrics')).to.deep.equal({ outcome: 'unknown' });
      expect(client.calls).to.have.length(1);
    });
  }

  it('believes no answer that is no TokenReview', async () => {
    const client = new FakeClient().answer({});
    const error = await reviewToken(client, 'secret', '/metrics').catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(ConnectionError);
  });

  for (const [what, status] of [
    ['has not the right', { allowed: false }],
    ['is denied it by one of several authorizers', { allowed: true, denied: true }],
    ['is said nothing about', undefined],
  ] as const) {
    it(`lets nobody in who ${what}`, async () => {
      const client = new FakeClient().answer(known).answer({ status });
      const verdict = await reviewToken(client, 'secret', '/metrics');
      expect(verdict).to.deep.equal({ outcome: 'denied', user: user.username });
    });
  }

  it('fails when the API server gives no answer to either question', async () => {
    for (const client of [
      new FakeClient().refuse(new ApiError(503)),
      new FakeClient().answer(known).refuse(new ApiError(503)),
    ]) {
      const outcome = await reviewToken(client, 'secret', '/metrics').catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(ApiError);
    }
  });
});
