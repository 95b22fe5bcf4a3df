import type { ObjectMeta, OwnerReference } from '../kube/types.ts';
import { findKind, groupOf } from './kinds.ts';

/** A workload as standard resolution gives it: a Kubernetes kind and a name. */
export interface StandardWorkload {
  readonly type: string;
  readonly name: string;
}

/** Reads owners; see OwnerReader. */
export interface Owners {
  /**
   * The controller of an owner.
   * @returns undefined where the chain ends: the owner has none, is gone, or must not be read
   * @throws for a fault that may pass, so that the Pod is tried again
   */
  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerReference | undefined>;
}

/** Owners above the Pod that are followed at the most; no known operator nests deeper. */
const maxHops = 5;

/** The kubelet puts this on the mirror of a static Pod; its value is the static Pod's hash. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * The workload of a Pod by its controller owner reference, followed upward. A bare Pod is its own workload; a
 * mirror Pod is `StaticPod` without its node's suffix.
 * @throws what Owners throws; the caller asks again later and changes nothing meanwhile
 */
export async function resolveStandard(pod: ObjectMeta, owners: Owners): Promise<StandardWorkload> {
  const first = controllerReference(pod.ownerReferences);
  if (first?.kind === 'Node' && groupOf(first.apiVersion) === '') return staticPod(pod, first.name);
  if (pod.annotations?.[mirrorAnnotation] !== undefined) return staticPod(pod, undefined);
  if (first === undefined) return { type: 'Pod', name: pod.name };

  let owner = first;
  for (let hop = 1; hop < maxHops; hop += 1) {
    if (findKind(groupOf(owner.apiVersion), owner.kind)?.chain === 'stop') break;
    const next = await owners.controllerOf(owner, pod.namespace ?? '');
    if (next === undefined) break;
    owner = next;
  }
  return { type: owner.kind, name: owner.name };
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
  return { type: 'StaticPod', name };
}
