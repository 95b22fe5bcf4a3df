import { hash } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../kube/types.ts';
import type { AnnotationKeys, PodAnnotations } from './annotations.ts';
import type { Decided } from './decision.ts';
import type { StoredText } from './text-pages.ts';

/**
 * A Pod as the operator keeps it: what it carries, what was decided, and where its metadata is stored (as
 * `seenMetadata` made it; PodStore.metadata reads it). There is one for each Pod of the cluster: a field more is
 * 0.8 MB for 100,000 Pods, a string or object of its own four times that.
 */
export interface PodRecord extends StoredText {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Of what plugins may see: two equal digests need no second call. */
  digest: number;
  resourceVersion: string;
  /** The operator's annotations as the API server last showed them, or as they were last written. */
  carried: PodAnnotations;
  /** What was written last, undefined before the first write. */
  wrote: PodAnnotations | undefined;
  /** The last decision, and what was asked for it; undefined once either may have changed. */
  decided: Decided | undefined;
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

/** The argument of GetWorkloadTypeAndName, from what `seenMetadata` made. */
export function pluginArgument(seen: string, resourceVersion: string): string {
  return `{"resourceVersion":${JSON.stringify(resourceVersion)},${seen.slice(1)}`;
}

/** The Pod's metadata as an object, as plugins see it. */
export function parseMetadata(seen: string): PodMeta {
  return JSON.parse(seen) as PodMeta;
}

/** 52 bits of the text's SHA-1: enough to tell two states of one Pod apart, and a number takes half of a string. */
export function digestOf(seen: string): number {
  return Number.parseInt(hash('sha1', seen).slice(0, 13), 16);
}
