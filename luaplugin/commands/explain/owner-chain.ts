import type { ObjectMeta, OwnerReference } from '../../../operator/kube/client/types.ts';
import type { KindRule, KindRules } from '../../../operator/workloads/kind-rules.ts';
import {
  controllerReference,
  type OwnerAnswer,
  type Owners,
  resolveStandard,
  type StandardWorkload,
} from '../../../operator/workloads/standard.ts';

/** What standard resolution says of a Pod, and the way it went. */
export interface OwnerChain {
  readonly workload: StandardWorkload;
  /** From the Pod's own controller upward. */
  readonly owners: readonly Pick<OwnerReference, 'apiVersion' | 'kind' | 'name'>[];
  /** Why the chain ends where it does. */
  readonly end: string;
}

/** Follows a Pod's owners as the operator does, and keeps note of them. */
export async function followOwners(pod: ObjectMeta, owners: Owners, kinds: KindRules): Promise<OwnerChain> {
  const answers: OwnerAnswer[] = [];
  const rules: KindRule[] = [];
  const workload = await resolveStandard(
    pod,
    {
      controllerOf: async (owner, namespace) => {
        const answer = await owners.controllerOf(owner, namespace);
        answers.push(answer);
        return answer;
      },
    },
    {
      ruleOf: async (owner) => {
        const rule = await kinds.ruleOf(owner);
        rules.push(rule);
        return rule;
      },
    },
  );
  const first = controllerReference(pod.ownerReferences);
  const seen = [first, ...answers.map(({ controller }) => controller)].filter((owner) => owner !== undefined);
  return {
    workload,
    owners: seen.map(({ apiVersion, kind, name }) => ({ apiVersion, kind, name })),
    end: endOf(workload, seen.at(-1), answers.at(-1), rules.at(-1)),
  };
}

function endOf(
  workload: StandardWorkload,
  last: OwnerReference | undefined,
  answer: OwnerAnswer | undefined,
  rule: KindRule | undefined,
): string {
  if (workload.type === 'StaticPod') return 'the mirror of a static Pod';
  if (last === undefined) return 'it has no owner';
  if (rule?.chain === 'stop') return `${last.kind} is a workload`;
  if (answer?.controller !== undefined) return 'the chain is too long';
  if (answer?.isFinal === false) {
    return `${last.kind} is not served by the cluster, or you have no right to read it`;
  }
  return `${last.kind} has no owner, or is gone`;
}
