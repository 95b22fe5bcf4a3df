import { expect } from 'chai';
import { BadReviewError, parseReview, reviewResponse } from '../../../operator/admission/admission-review.ts';
import { allowed, refused, warned } from '../../../operator/admission/verdict.ts';
import { creation, reviewOf } from './requests.ts';

describe('an AdmissionReview', () => {
  it('is read', () => {
    const review = reviewOf({ userInfo: { username: 'ann' }, subResource: '' });
    expect(parseReview(JSON.stringify(review))).to.deep.equal({
      ...creation(),
      oldObject: undefined,
      userInfo: { username: 'ann' },
    });
  });

  const bad: Readonly<Record<string, [body: unknown, message: string]>> = {
    'no JSON': ['{', 'the body is no JSON'],
    'a list': [[], 'the body must be an AdmissionReview'],
    'another kind': [
      { apiVersion: 'v1', kind: 'Pod' },
      'the body must be an AdmissionReview of admission.k8s.io/v1',
    ],
    'another version': [
      { ...reviewOf(), apiVersion: 'admission.k8s.io/v1beta1' },
      'the body must be an AdmissionReview of admission.k8s.io/v1',
    ],
    'no request': [{ ...reviewOf(), request: undefined }, 'the AdmissionReview has no request'],
    'no uid': [reviewOf({ uid: undefined }), 'request.uid must be a text'],
    'an unknown operation': [reviewOf({ operation: 'EAT' }), 'request.operation is none that Kubernetes has'],
    'another resource': [
      reviewOf({ kind: { group: '', version: 'v1', kind: 'Pod' } }),
      'only LuaPlugin of luaplugin.dev is reviewed here; check the rules of the ValidatingWebhookConfiguration',
    ],
  };
  for (const [what, [body, message]] of Object.entries(bad)) {
    it(`that is ${what} is refused in one line`, () => {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      expect(() => parseReview(text)).to.throw(BadReviewError, message);
    });
  }

  it('is answered with allowed alone when there is nothing to say', () => {
    expect(reviewResponse(creation(), 'p', allowed)).to.have.deep.property('response', {
      uid: 'u',
      allowed: true,
    });
  });

  it('is answered as the API server answers for an invalid object', () => {
    const verdict = refused([{ field: 'spec.script', message: 'p:3: wrong' }]);
    expect(reviewResponse(creation(), 'p', verdict)).to.have.deep.property('response', {
      uid: 'u',
      allowed: false,
      status: {
        status: 'Failure',
        code: 422,
        reason: 'Invalid',
        message: 'LuaPlugin.luaplugin.dev "p" is invalid: spec.script: p:3: wrong',
        details: {
          name: 'p',
          group: 'luaplugin.dev',
          kind: 'LuaPlugin',
          causes: [{ reason: 'FieldValueInvalid', field: 'spec.script', message: 'p:3: wrong' }],
        },
      },
    });
  });
});

describe('a verdict', () => {
  it('keeps warnings within what the API server passes on', () => {
    const { warnings } = warned(...Array.from({ length: 30 }, () => `${'x'.repeat(300)}\ny`));
    expect(warnings).to.have.length(15);
    expect(warnings[0]).to.have.length(256).and.to.match(/x…$/);
    expect(warned('a\n b').warnings).to.deep.equal(['a b']);
  });

  it('names twenty causes, and how many more there are', () => {
    const { causes } = refused(
      Array.from({ length: 25 }, (_, index) => ({ field: `f${index}`, message: 'm' })),
    );
    expect(causes).to.have.length(21);
    expect(causes.at(-1)?.message).to.equal('and 5 more problems');
  });
});
