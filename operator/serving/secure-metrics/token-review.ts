import type { KubeClient } from '../../kube/client/client.ts';
import { ConnectionError } from '../../kube/client/errors.ts';

/** What the API server says about a token. */
export type Verdict =
  | { readonly outcome: 'allowed' }
  /** Nobody's token, or one that is no longer valid. */
  | { readonly outcome: 'unknown' }
  /** The token of a user who may not read the metrics. */
  | { readonly outcome: 'denied'; readonly user: string };

/** authentication.k8s.io/v1, as far as it is read here. */
interface TokenReview {
  readonly kind?: string;
  readonly status?: { readonly authenticated?: boolean; readonly user?: User };
}

interface User {
  readonly username?: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** authorization.k8s.io/v1, as far as it is read here. */
interface SubjectAccessReview {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean };
}

/** Milliseconds for each of the two questions: Prometheus gives a scrape 10 s. */
const timeoutMs = 4_000;

/**
 * Asks the API server whose token this is, and whether that user may get the path: a TokenReview, then a
 * SubjectAccessReview for a nonResourceURL, as kube-apiserver's own delegates do and controller-runtime with
 * `--metrics-secure`.
 * @throws ApiError, ConnectionError when it gives no answer
 */
export async function reviewToken(client: KubeClient, token: string, path: string): Promise<Verdict> {
  const { kind, status: authentication } = await client.request<TokenReview>({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
    timeoutMs,
  });
  // What stands between can answer 200 with anything, and a refusal is remembered.
  if (kind !== 'TokenReview') throw new ConnectionError('the answer to a TokenReview is none');
  const { username, uid, groups, extra } = authentication?.user ?? {};
  if (authentication?.authenticated !== true || !username) return { outcome: 'unknown' };
  const { status: authorization } = await client.request<SubjectAccessReview>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: username, uid, groups, extra, nonResourceAttributes: { path, verb: 'get' } },
    },
    timeoutMs,
  });
  const isAllowed = authorization?.allowed === true && authorization.denied !== true;
  return isAllowed ? { outcome: 'allowed' } : { outcome: 'denied', user: username };
}
