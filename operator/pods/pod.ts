import { hash } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../kube/types.ts';
import type { AnnotationKeys, PodAnnotations } from './annotations.ts';
import type { Decision } from './decision.ts';
import type { StoredText } from './text-pages.ts';

/** A Pod as the operator keeps it: what it carries, what was decided, and where its metadata is stored. */
export interface PodRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** What a plugin may see of it, as `seenMetadata` made it; PodStore.metadata reads it. */
  stored: StoredText;
  /** Of that text: two equal digests need no second call. */
  digest: string;
  resourceVersion: string;
  /** The operator's annotations as the API server last showed them, or as they were last written. */
  carried: PodAnnotations;
  /** What was written last, undefined before the first write. */
  wrote: PodAnnotations | undefined;
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

/** The argument of GetWorkloadTypeAndName, from what `seenMetadata` made. */
export function pluginArgument(seen: string, resourceVersion: string): string {
  return `{"resourceVersion":${JSON.stringify(resourceVersion)},${seen.slice(1)}`;
}

/** The Pod's metadata as an object, as plugins see it. */
export function parseMetadata(seen: string): PodMeta {
  return JSON.parse(seen) as PodMeta;
}

/** 66 bits of the text's SHA-1: enough to tell two states of one Pod apart. Short, so that V8 copies it. */
export function digestOf(seen: string): string {
  return hash('sha1', seen, 'base64').slice(0, 11);
}
