import { hash } from 'node:crypto';
import { goJson } from '../../api/go-json.ts';
import type { MatchablePod } from '../../api/selectors.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../../kube/client/types.ts';
import type { AnnotationKeys, Carried, PodAnnotations } from '../annotations/annotations.ts';
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
  /** The UID of the owner that leads to its workload. */
  owner: string | undefined;
  /** Of what plugins may see: two equal digests need no second call. */
  digest: number;
  resourceVersion: string;
  /** What the operator wrote, as the API server last showed it, or as it was last written. */
  carried: Carried;
  /** What was written last, undefined before the first write. */
  wrote: PodAnnotations | undefined;
  /** The last decision, and what was asked for it; undefined once either may have changed. */
  decided: Decided | undefined;
  /** The plugin whose count holds this Pod. */
  countedFor: string | undefined;
}

/** The parts of a Pod's metadata that the operator reads itself. */
export type PodMeta = ObjectMeta & { readonly namespace: string };

/** Stands for the resourceVersion, which changes when nothing else does. No string of a Pod holds such quotes. */
const noVersion = '"resourceVersion":""';

/**
 * What plugins see of a Pod, as DeepFlow's server writes it: all of its metadata but managedFields, what the operator
 * wrote itself, and the resourceVersion, which `pluginArgument` puts back.
 */
export function seenMetadata(pod: KubeObject, keys: AnnotationKeys, carried: Carried): string {
  const { managedFields, resourceVersion, labels, annotations, ...rest } = pod.metadata;
  return goJson({ ...rest, ...keys.strip(pod.metadata, carried), resourceVersion: '' });
}

/** The argument of GetWorkloadTypeAndName, from what `seenMetadata` made. */
export function pluginArgument(seen: string, resourceVersion: string): string {
  const at = seen.lastIndexOf(noVersion);
  return `${seen.slice(0, at)}"resourceVersion":${goJson(resourceVersion)}${seen.slice(at + noVersion.length)}`;
}

/** The Pod's metadata as an object, as plugins see it. */
export function parseMetadata(seen: string): PodMeta {
  return JSON.parse(seen) as PodMeta;
}

/**
 * A Pod as matches and standard resolution look at it. Its text is fetched and parsed by the first who needs more than
 * the namespace: most plugins match every Pod, and parsing is half of what a sweep takes.
 */
export class SeenPod implements MatchablePod {
  readonly namespace: string;
  readonly #read: () => string;
  #text: string | undefined;
  #meta: PodMeta | undefined;

  /** @param read what `seenMetadata` made; asked once */
  constructor(namespace: string, read: () => string) {
    this.namespace = namespace;
    this.#read = read;
  }

  /** What `seenMetadata` made, as it was when it was first asked for. */
  get text(): string {
    this.#text ??= this.#read();
    return this.#text;
  }

  get meta(): PodMeta {
    this.#meta ??= parseMetadata(this.text);
    return this.#meta;
  }

  get labels(): Readonly<Record<string, string>> {
    return this.meta.labels ?? {};
  }

  get ownerReferences(): readonly OwnerReference[] {
    return this.meta.ownerReferences ?? [];
  }
}

/** 52 bits of the text's SHA-1: enough to tell two states of one Pod apart, and a number takes half of a string. */
export function digestOf(seen: string): number {
  return Number.parseInt(hash('sha1', seen).slice(0, 13), 16);
}
