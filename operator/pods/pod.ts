import type { KubeObject, ObjectMeta } from '../kube/types.ts';
import type { AnnotationKeys, PodAnnotations } from './annotations.ts';
import type { Decision } from './resolver.ts';

/** A Pod as the operator keeps it: one JSON string, no object graph. */
export interface PodRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** What a plugin may see of it, without the resourceVersion: two equal strings need no second call. */
  seen: string;
  resourceVersion: string;
  /** The operator's annotations as the API server last showed them, or as they were last written. */
  carried: PodAnnotations;
  /** The last decision, and what was asked for it; undefined once either may have changed. */
  decided: { readonly asked: string; readonly decision: Decision } | undefined;
  /** When the event came that is not answered yet, in milliseconds since the epoch. */
  waitingSince: number | undefined;
  /** The plugin whose count holds this Pod. */
  countedFor: string | undefined;
}

/** The parts of a Pod's metadata that the operator reads itself. */
export type PodMeta = ObjectMeta & { readonly namespace: string };

/**
 * What plugins see of a Pod: all of its metadata but managedFields, the operator's own annotations, and the
 * resourceVersion, which `pluginArgument` puts back.
 */
export function seenMetadata(pod: KubeObject, keys: AnnotationKeys): string {
  const { managedFields, resourceVersion, annotations, ...rest } = pod.metadata;
  const others = keys.strip(annotations);
  return JSON.stringify(others === undefined ? rest : { ...rest, annotations: others });
}

/** The argument of GetWorkloadTypeAndName for this Pod. */
export function pluginArgument(record: PodRecord): string {
  return `{"resourceVersion":${JSON.stringify(record.resourceVersion)},${record.seen.slice(1)}`;
}

/** The Pod's metadata as an object, as plugins see it. */
export function parseMetadata(record: PodRecord): PodMeta {
  return JSON.parse(record.seen) as PodMeta;
}
