import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import { refuserOf } from '../../../operator/pods/refusals/refuser.ts';

const answer = (status: number, reason: string, message: string) =>
  new ApiError(status, { kind: 'Status', reason, message });

describe('who refuses a write', () => {
  for (const [who, status, reason, message] of [
    [
      'ValidatingAdmissionPolicy no-writes',
      422,
      'Invalid',
      `pods "web" is forbidden: ValidatingAdmissionPolicy 'no-writes' with binding 'b' denied request: not today`,
    ],
    [
      'ValidatingAdmissionPolicy no-writes',
      403,
      'Forbidden',
      `pods "web" is forbidden: ValidatingAdmissionPolicy 'no-writes' denied request: not today`,
    ],
    [
      'admission webhook a.example.com',
      403,
      'Forbidden',
      'admission webhook "a.example.com" denied the request: no',
    ],
    [
      'admission webhook a.example.com',
      429,
      'TooManyRequests',
      'admission webhook "a.example.com" denied the request',
    ],
    [
      'admission webhook a.example.com',
      400,
      'BadRequest',
      `admission webhook "a.example.com" denied the request: ValidatingAdmissionPolicy 'forged' denied request`,
    ],
    [
      'admission webhook a.example.com',
      500,
      'InternalError',
      'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://x": dial tcp: connect: connection refused',
    ],
    [
      'quota pods',
      403,
      'Forbidden',
      'pods "web" is forbidden: exceeded quota: pods, requested: x=1, used: x=1',
    ],
    [
      'RBAC',
      403,
      'Forbidden',
      'pods "web" is forbidden: User "nobody" cannot patch resource "pods" in API group "" in the namespace "shop"',
    ],
    ['the API server (Forbidden)', 403, 'Forbidden', 'pods "web" is forbidden: something new'],
    ['the API server (Invalid)', 422, 'Invalid', 'Pod "web" is invalid: metadata.annotations: Too long'],
    ['the API server (BadRequest)', 400, 'BadRequest', 'the body is no merge patch'],
  ] as const) {
    it(`is ${who}, by ${status} "${message.slice(0, 70)}"`, () => {
      expect(refuserOf(answer(status, reason, message))?.name).to.equal(who);
    });
  }

  it('is the object itself, where a policy is named', () => {
    const message = `pods "web" is forbidden: ValidatingAdmissionPolicy 'x' with binding 'b' denied request: no`;
    expect(refuserOf(answer(422, 'Invalid', message))?.object).to.deep.equal({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      name: 'x',
    });
  });

  for (const error of [
    answer(429, 'TooManyRequests', 'too many requests'),
    answer(409, 'Conflict', 'the object has been modified'),
    answer(401, 'Unauthorized', 'Unauthorized'),
    answer(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out'),
    answer(503, 'ServiceUnavailable', 'the server is shutting down'),
    new ApiError(502),
    new ConnectionError('reset', { code: 'ECONNRESET' }),
  ]) {
    it(`is nobody, where it may pass in a moment: ${error.message}`, () => {
      expect(refuserOf(error)).to.equal(undefined);
    });
  }
});
