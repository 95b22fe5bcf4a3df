import { luaPluginResource } from '../api/generated.ts';
import type { Verdict } from './verdict.ts';

/** admission.k8s.io/v1, the only version that is spoken; Kubernetes has it since 1.16. */
const apiVersion = 'admission.k8s.io/v1';

/** What the API server asks: may this be stored? */
export interface AdmissionRequest {
  /** Comes back in the answer. */
  readonly uid: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** `status` and the like; absent for the object itself. */
  readonly subResource?: string;
  /** The name; empty while the API server has still to make one from generateName. */
  readonly name?: string;
  readonly userInfo?: { readonly username?: string };
  readonly object?: unknown;
  /** As it is stored now, for UPDATE and DELETE. */
  readonly oldObject?: unknown;
}

/** What cannot be answered as a review: the caller is no API server, or its configuration is wrong. */
export class BadReviewError extends Error {
  override readonly name = 'BadReviewError';
}

/**
 * Reads an AdmissionReview. Anyone on the network may have written it.
 * @throws BadReviewError that says in one line what is wrong
 */
export function parseReview(body: string): AdmissionRequest {
  const review = asObject(parseJson(body), 'the body must be an AdmissionReview');
  if (review.kind !== 'AdmissionReview' || review.apiVersion !== apiVersion) {
    throw new BadReviewError(`the body must be an AdmissionReview of ${apiVersion}`);
  }
  const request = asObject(review.request, 'the AdmissionReview has no request');
  const { uid, operation, subResource, name } = request;
  if (typeof uid !== 'string' || uid === '') throw new BadReviewError('request.uid must be a text');
  if (!isOperation(operation)) throw new BadReviewError('request.operation is none that Kubernetes has');
  const { group, kind } = Object(request.kind);
  if (group !== luaPluginResource.group || kind !== luaPluginResource.kind) {
    throw new BadReviewError(
      `only ${luaPluginResource.kind} of ${luaPluginResource.group} is reviewed here; check the rules of the ValidatingWebhookConfiguration`,
    );
  }
  const username: unknown = Object(request.userInfo).username;
  return {
    uid,
    operation,
    object: request.object,
    oldObject: request.oldObject,
    ...(typeof subResource === 'string' && subResource !== '' ? { subResource } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof username === 'string' ? { userInfo: { username } } : {}),
  };
}

/** The AdmissionReview that answers a request. */
export function reviewResponse({ uid }: AdmissionRequest, name: string, verdict: Verdict): object {
  const { warnings, causes } = verdict;
  return {
    apiVersion,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: causes.length === 0,
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(causes.length === 0 ? {} : { status: invalidStatus(name, verdict) }),
    },
  };
}

/** As the API server itself answers for an object that its schema refuses: kubectl shows the causes. */
function invalidStatus(name: string, { causes }: Verdict): object {
  const { group, kind } = luaPluginResource;
  const problems = causes.map(({ field, message }) => `${field}: ${message}`);
  return {
    status: 'Failure',
    code: 422,
    reason: 'Invalid',
    message: `${kind}.${group} "${name}" is invalid: ${problems.join(', ')}`,
    details: {
      name,
      group,
      kind,
      causes: causes.map((cause) => ({ reason: 'FieldValueInvalid', ...cause })),
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadReviewError('the body is no JSON');
  }
}

function asObject(value: unknown, problem: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadReviewError(problem);
  return value as Record<string, unknown>;
}

function isOperation(value: unknown): value is AdmissionRequest['operation'] {
  return value === 'CREATE' || value === 'UPDATE' || value === 'DELETE' || value === 'CONNECT';
}
