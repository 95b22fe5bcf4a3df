import type { ObjectMeta } from '../../../operator/kube/client/types.ts';
import type { KindRules } from '../../../operator/workloads/kind-rules.ts';
import {
  type Owners,
  type StandardWorkload,
  type Walk,
  walkOwners,
} from '../../../operator/workloads/standard.ts';

/** One owner on the way up. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** What standard resolution says of a Pod, and the way it went. */
export interface OwnerChain {
  readonly workload: StandardWorkload;
  /** From the Pod's own controller upward; the last may be one that was not followed. */
  readonly owners: readonly Owner[];
  /** Why the chain ends where it does. */
  readonly end: string;
}

/** Follows a Pod's owners as the operator does, and keeps note of them. */
export async function followOwners(pod: ObjectMeta, owners: Owners, kinds: KindRules): Promise<OwnerChain> {
  const walk = await walkOwners(pod, owners, kinds);
  return {
    workload: walk.workload,
    owners: walk.owners.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, name })),
    end: endOf(walk),
  };
}

function endOf({ owners, end, lastRule }: Walk): string {
  const kind = owners.at(-1)?.kind;
  if (kind === undefined) return end === 'static-pod' ? 'the mirror of a static Pod' : 'it has no owner';
  const below = owners.at(-2)?.kind;
  switch (end) {
    case 'static-pod':
      return 'the mirror of a static Pod';
    case 'stop':
      return lastRule?.isWorkload === false
        ? `a ${kind} is no workload, and is not read`
        : `${kind} is a workload`;
    case 'loose':
      return `the reference to ${kind} has no "controller: true", and a ${kind} is not known to own so`;
    case 'other-project':
      return `no rule knows ${below}, and ${kind} is of another project`;
    case 'too-long':
      return 'the chain is too long';
    case 'unread':
      return `${kind} is not served by the cluster, or you have no right to read it`;
    case 'top':
      return `${kind} has no owner, or is gone`;
  }
}
