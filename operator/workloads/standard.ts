import type { ObjectMeta, OwnerReference } from '../kube/client/types.ts';
import { builtInKinds, type KindRules } from './kind-rules.ts';
import { groupOf } from './kinds.ts';

/** A workload as standard resolution gives it: the kind and name of an owner, as the Pod's creator wrote them. */
export interface StandardWorkload {
  readonly type: string;
  readonly name: string;
  /** False when more could be known later: an owner's kind is not served, or must not be read. */
  readonly isFinal: boolean;
}

/** Who controls an owner; undefined where the chain ends. */
export interface OwnerAnswer {
  readonly controller: OwnerReference | undefined;
  /** False when asking again later may give another answer. */
  readonly isFinal: boolean;
}

/** Reads owners; see OwnerReader. */
export interface Owners {
  /**
   * The controller of an owner; the chain ends at one that has none, is gone, or can't be read.
   * @throws for a fault that may pass, so that the Pod is tried again
   */
  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerAnswer>;
}

/** Owners above the Pod that are followed at the most; no known operator nests deeper. */
const maxHops = 5;

/** The kubelet puts this on the mirror of a static Pod; its value is the static Pod's hash. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * The workload of a Pod by its controller owner reference, followed upward. A bare Pod is its own workload; a
 * mirror Pod is `StaticPod` without its node's suffix.
 * @param kinds says of each owner whether it is a workload, and whether what is above it is asked for
 * @throws what Owners and KindRules throw; the caller asks again later and changes nothing meanwhile
 */
export async function resolveStandard(
  pod: ObjectMeta,
  owners: Owners,
  kinds: KindRules = builtInKinds,
): Promise<StandardWorkload> {
  const first = controllerReference(pod.ownerReferences);
  if (first?.kind === 'Node' && groupOf(first.apiVersion) === '') return staticPod(pod, first.name);
  if (pod.annotations?.[mirrorAnnotation] !== undefined) return staticPod(pod, undefined);
  let workload = { type: 'Pod', name: pod.name };
  let isFinal = true;
  let owner = first;
  for (let hop = 1; owner !== undefined; hop += 1) {
    const rule = await kinds.ruleOf(owner);
    if (rule.isWorkload) workload = { type: rule.type, name: owner.name };
    isFinal = rule.isFinal;
    if (rule.chain === 'stop' || hop === maxHops) break;
    const answer = await owners.controllerOf(owner, pod.namespace ?? '');
    isFinal = answer.isFinal;
    owner = answer.controller;
  }
  return { ...workload, isFinal };
}

/** The reference with `controller: true`; without any, the first. */
export function controllerReference(
  references: readonly OwnerReference[] | undefined,
): OwnerReference | undefined {
  return references?.find((reference) => reference.controller === true) ?? references?.[0];
}

function staticPod(pod: ObjectMeta, node: string | undefined): StandardWorkload {
  const suffix = `-${node}`;
  const name = node !== undefined && pod.name.endsWith(suffix) ? pod.name.slice(0, -suffix.length) : pod.name;
  return { type: 'StaticPod', name, isFinal: true };
}
