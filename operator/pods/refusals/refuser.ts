import { ApiError, isForbidden, isRefused } from '../../kube/client/errors.ts';
import type { EventSubject } from '../../kube/events/events.ts';

/** Who refuses a write, and will go on until somebody changes something. */
export interface Refuser {
  /** For people and as a label: `ValidatingAdmissionPolicy x`, `admission webhook x`, `RBAC`, `the API server (Invalid)`. */
  readonly name: string;
  /** The object that refuses, where the answer names it; of a webhook it does not name the configuration. */
  readonly object?: EventSubject;
}

/**
 * How the API server (1.36) begins an answer that names who refused. Only the beginning counts: what follows a
 * webhook's name is the webhook's own text, which may hold anything.
 */
const named =
  /^(?:\S+ "[^"]*" is forbidden: |Internal error occurred: )?(?:ValidatingAdmissionPolicy '(?<policy>[^']+)'|(?:admission|failed calling) webhook "(?<webhook>[^"]+)"|exceeded quota: (?<quota>[^,\s]+)|User "[^"]*" (?<rbac>cannot) )/;

/** Who refused a call; undefined where it may pass when it is sent again, and where nobody refused it. */
export function refuserOf(error: unknown): Refuser | undefined {
  if (!(error instanceof ApiError)) return undefined;
  // A webhook may deny with any code, and one that can't be reached is a 500.
  const refuser = refuserNamedIn(error.message);
  if (refuser !== undefined) return refuser;
  return isForbidden(error) || isRefused(error) ? { name: `the API server (${error.reason})` } : undefined;
}

/** Who refused, by the answer's text; undefined where it names nobody. */
export function refuserNamedIn(message: string): Refuser | undefined {
  const { policy, webhook, quota, rbac } = named.exec(message)?.groups ?? {};
  if (policy !== undefined) {
    return {
      name: `ValidatingAdmissionPolicy ${policy}`,
      object: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        name: policy,
      },
    };
  }
  if (webhook !== undefined) return { name: `admission webhook ${webhook}` };
  if (quota !== undefined) return { name: `quota ${quota}` };
  return rbac === undefined ? undefined : { name: 'RBAC' };
}
