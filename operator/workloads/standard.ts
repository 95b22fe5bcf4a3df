import type { ObjectMeta, OwnerReference } from '../kube/client/types.ts';
import { builtInKinds, type KindRule, type KindRules } from './kind-rules.ts';
import { findKind, groupOf, isSameProject } from './kinds.ts';

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

/** Owners above the Pod that are followed at the most; a KServe model on Knative in a pipeline of NIMs has as many. */
const maxHops = 8;

/** The kubelet puts this on the mirror of a static Pod; its value is the static Pod's hash. */
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Why a walk along the owners ended where it did. */
type WalkEnd =
  | 'static-pod'
  /** Nothing above it. */
  | 'top'
  /** What is above it could not be read. */
  | 'unread'
  /** It is a workload, or a kind that is never read. */
  | 'stop'
  /** What is above it has a reference without `controller: true`, and is not known to own so. */
  | 'loose'
  /** No rule knows it, and what is above it is another project's. */
  | 'other-project'
  | 'too-long';

/** The way that standard resolution went. */
export interface Walk {
  readonly workload: StandardWorkload;
  /** From the Pod's own upward; the last may be one that was not followed. */
  readonly owners: readonly OwnerReference[];
  readonly end: WalkEnd;
  /** Of the last owner; undefined where there is none. */
  readonly lastRule: KindRule | undefined;
}

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
  return (await walkOwners(pod, owners, kinds)).workload;
}

/** As resolveStandard, with the way. */
export async function walkOwners(pod: ObjectMeta, reader: Owners, kinds: KindRules): Promise<Walk> {
  const first = controllerReference(pod.ownerReferences);
  if (first?.kind === 'Node' && groupOf(first.apiVersion) === '') return staticPod(pod, first);
  if (pod.annotations?.[mirrorAnnotation] !== undefined) return staticPod(pod, undefined);
  const owners: OwnerReference[] = [];
  let workload = { type: 'Pod', name: pod.name };
  let isFinal = true;
  let owner = first;
  let below: Step | undefined;
  let rule: KindRule | undefined;
  let end: WalkEnd | undefined;
  while (owner !== undefined) {
    owners.push(owner);
    rule = await kinds.ruleOf(owner);
    end = below && obstacleBetween(below, { owner, rule });
    if (end !== undefined) break;
    if (rule.isWorkload) workload = { type: rule.type, name: owner.name };
    isFinal = rule.isFinal;
    if (rule.chain === 'stop') end = 'stop';
    else if (owners.length === maxHops) end = 'too-long';
    if (end !== undefined) break;
    const answer = await reader.controllerOf(owner, pod.namespace ?? '');
    isFinal = answer.isFinal;
    below = { owner, rule };
    owner = answer.controller;
  }
  end ??= isFinal ? 'top' : 'unread';
  return { workload: { ...workload, isFinal }, owners, end, lastRule: rule };
}

interface Step {
  readonly owner: OwnerReference;
  readonly rule: KindRule;
}

/** What keeps the owner above from counting. Anybody may own anything, so that it goes when its owner does. */
function obstacleBetween(below: Step, { owner, rule }: Step): 'loose' | 'other-project' | undefined {
  if (owner.controller !== true && !rule.ownsLoosely) return 'loose';
  if (below.rule.isKnown || rule.isKnown) return undefined;
  return isSameProject(groupOf(below.owner.apiVersion), groupOf(owner.apiVersion))
    ? undefined
    : 'other-project';
}

/**
 * The reference that leads to the workload: the one with `controller: true`; without any, the first of those that are
 * likeliest to: kinds that are known to own without, then known kinds, then any but the core group's.
 */
export function controllerReference(
  references: readonly OwnerReference[] | undefined,
): OwnerReference | undefined {
  const controller = references?.find((reference) => reference.controller === true);
  if (controller !== undefined || references === undefined) return controller;
  const [likeliest] = references.toSorted((a, b) => likelihood(b) - likelihood(a));
  return likeliest;
}

function likelihood({ apiVersion, kind }: OwnerReference): number {
  const group = groupOf(apiVersion);
  const row = findKind(group, kind);
  if (row === undefined || row.chain === 'pass') return group === '' ? 0 : 1;
  return row.ownsLoosely ? 3 : 2;
}

function staticPod(pod: ObjectMeta, owner: OwnerReference | undefined): Walk {
  const suffix = `-${owner?.name}`;
  const isSuffixed = owner !== undefined && pod.name.endsWith(suffix);
  const name = isSuffixed ? pod.name.slice(0, -suffix.length) : pod.name;
  const workload = { type: 'StaticPod', name, isFinal: true };
  return { workload, owners: owner === undefined ? [] : [owner], end: 'static-pod', lastRule: undefined };
}
