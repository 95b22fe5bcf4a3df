import type { Workload } from '../sandbox/contract.ts';
import { Pool } from './pool.ts';

/** What a Pod carries, or should carry; undefined where the annotation is absent. */
export interface PodAnnotations {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly resolvedBy: string | undefined;
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

const pool = new Pool<PodAnnotations>(({ type, name, resolvedBy }) => `${type}\n${name}\n${resolvedBy}`);

/** The annotations that say: this workload, resolved by that. */
export function annotationsFor(workload: Workload, resolvedBy: string): PodAnnotations {
  return pool.share({ type: workload.type, name: workload.name, resolvedBy });
}

export function sameAnnotations(a: PodAnnotations, b: PodAnnotations): boolean {
  return a.type === b.type && a.name === b.name && a.resolvedBy === b.resolvedBy;
}

/** The operator's annotation keys under one prefix: the only keys of a Pod that it reads as its own and writes. */
export class AnnotationKeys {
  readonly type: string;
  readonly name: string;
  readonly resolvedBy: string;

  /** @param prefix a DNS subdomain, `luaplugin.dev` by default */
  constructor(prefix: string) {
    this.type = `${prefix}/workload-type`;
    this.name = `${prefix}/workload-name`;
    this.resolvedBy = `${prefix}/resolved-by`;
  }

  read(annotations: Readonly<Record<string, string>> | undefined): PodAnnotations {
    return pool.share({
      type: annotations?.[this.type],
      name: annotations?.[this.name],
      resolvedBy: annotations?.[this.resolvedBy],
    });
  }

  /** The Pod's annotations without the operator's own; undefined when none are left, as an absent field. */
  strip(annotations: Readonly<Record<string, string>> | undefined): Record<string, string> | undefined {
    const rest = Object.entries(annotations ?? {}).filter(
      ([key]) => key !== this.type && key !== this.name && key !== this.resolvedBy,
    );
    return rest.length === 0 ? undefined : Object.fromEntries(rest);
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
