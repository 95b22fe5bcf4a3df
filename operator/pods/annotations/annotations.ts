import { fieldManager } from '../../kube/client/client.ts';
import { writersOf } from '../../kube/client/managed-fields.ts';
import type { Workload } from '../../sandbox/contract.ts';
import { Mirror, type Mirrored, type MirroredMeta, type MirrorOptions } from './mirror.ts';
import { Pool } from './pool.ts';

/** What a Pod carries, or should carry; undefined where the annotation is absent. */
export interface PodAnnotations {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly resolvedBy: string | undefined;
}

/** What a Pod carries; `mirrored` is absent while it carries nothing there. */
export interface Carried extends PodAnnotations {
  readonly mirrored?: Mirrored;
  /** Present when it is not all as the operator wrote it: then it tells nothing of what a plugin had said. */
  readonly isForeign?: true;
}

/** A Pod without any annotation of the operator. */
export const noAnnotations: PodAnnotations = { type: undefined, name: undefined, resolvedBy: undefined };

/** `resolved-by` of a Pod whose workload the owner chain gave. */
export const resolvedByStandard = 'standard';

const pluginPrefix = 'LuaPlugin/';

/** `resolved-by` of a Pod whose workload a plugin gave. */
export function resolvedByPlugin(plugin: string): string {
  return `${pluginPrefix}${plugin}`;
}

/** A name is remembered for each Pod that the plugin resolves. */
const pluginPool = new Pool<string>((plugin) => plugin);

/** The plugin that `resolved-by` names, or undefined for standard resolution and for none. */
export function pluginOf(resolvedBy: string | undefined): string | undefined {
  return resolvedBy?.startsWith(pluginPrefix)
    ? pluginPool.share(resolvedBy.slice(pluginPrefix.length))
    : undefined;
}

/** As JSON, since anybody may write anything on a Pod: two values must not pass for one. */
const pool = new Pool<Carried>(({ type, name, resolvedBy, mirrored, isForeign }) =>
  JSON.stringify([type, name, resolvedBy, mirrored, isForeign]),
);

/** The annotations that say: this workload, resolved by that. */
export function annotationsFor(workload: Workload, resolvedBy: string): PodAnnotations {
  return pool.share({ type: workload.type, name: workload.name, resolvedBy });
}

export function sameAnnotations(a: PodAnnotations, b: PodAnnotations): boolean {
  return a.type === b.type && a.name === b.name && a.resolvedBy === b.resolvedBy;
}

/** Whether two states of a Pod carry the same, in the mirror, too. */
export function sameCarried(a: Carried, b: Carried): boolean {
  if (a === b) return true;
  if (a.isForeign !== b.isForeign) return false;
  return sameAnnotations(a, b) && JSON.stringify(a.mirrored) === JSON.stringify(b.mirrored);
}

/** What may be written on Pods: the operator's annotations under one prefix, and what the config has mirrored. */
export class AnnotationKeys {
  readonly type: string;
  readonly name: string;
  readonly resolvedBy: string;
  readonly mirror: Mirror;

  /**
   * @param prefix a DNS subdomain, `luaplugin.dev` by default
   * @param mirror nothing by default; what a former run mirrored is known all the same, so that it can be removed
   */
  constructor(prefix: string, mirror: MirrorOptions = { labels: false, openTelemetry: false }) {
    this.type = `${prefix}/workload-type`;
    this.name = `${prefix}/workload-name`;
    this.resolvedBy = `${prefix}/resolved-by`;
    this.mirror = new Mirror(prefix, mirror);
  }

  /** What a Pod carries. */
  read(metadata: MirroredMeta): Carried {
    const { annotations } = metadata;
    const carried = {
      type: annotations?.[this.type],
      name: annotations?.[this.name],
      resolvedBy: annotations?.[this.resolvedBy],
    };
    const mirrored = this.mirror.read(metadata, carried);
    return pool.share({
      ...carried,
      ...(mirrored === undefined ? {} : { mirrored }),
      ...(this.#isForeign(metadata) ? { isForeign: true } : {}),
    });
  }

  /**
   * Whether somebody else wrote an annotation last, as the API server keeps it in managedFields, or took one away. What
   * only the operator remembers counts for nothing: it must come to the same after a restart. Where managedFields were
   * removed, nobody can tell, and the annotations are believed.
   */
  #isForeign({ annotations, managedFields = [] }: MirroredMeta): boolean {
    const keys = [this.type, this.name, this.resolvedBy];
    const present = keys.filter((key) => annotations?.[key] !== undefined);
    if (present.length === 0) return false;
    if (present.length < keys.length) return true;
    if (managedFields.length === 0) return false;
    return keys.some((key) => {
      const writers = writersOf(managedFields, 'annotations', key);
      return writers.length === 0 || writers.some(({ manager }) => manager !== fieldManager);
    });
  }

  /**
   * A Pod's labels and annotations without the operator's own; where none are left, the field is absent.
   * @param carried what `read` found
   */
  strip(
    { labels, annotations }: MirroredMeta,
    { mirrored }: Carried,
  ): { labels?: Readonly<Record<string, string>>; annotations?: Readonly<Record<string, string>> } {
    const otherLabels = this.mirror.stripLabels(labels, mirrored);
    const others = Object.entries(annotations ?? {}).filter(
      ([key]) =>
        key !== this.type &&
        key !== this.name &&
        key !== this.resolvedBy &&
        !Object.hasOwn(mirrored?.own ?? {}, key),
    );
    return {
      ...(otherLabels === undefined ? {} : { labels: otherLabels }),
      ...(others.length === 0 ? {} : { annotations: Object.fromEntries(others) }),
    };
  }

  /**
   * The part of a JSON merge patch that leads to a state from whatever is there: null removes. All three keys are
   * always in it, so that a Pod never carries half of two states.
   */
  patch(to: PodAnnotations): Record<string, string | null> {
    return {
      [this.type]: to.type ?? null,
      [this.name]: to.name ?? null,
      [this.resolvedBy]: to.resolvedBy ?? null,
    };
  }
}
