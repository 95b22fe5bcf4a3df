import { isDeepStrictEqual } from 'node:util';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { type BundledPlugin, specOf } from './bundled.ts';

/** Of a plugin's spec, those fields that whoever applies it may want otherwise than the library has them. */
export const settings = ['parameters', 'priority', 'mode', 'limits'] as const;

/**
 * How a plugin of the cluster stands to the library's of the same name: `absent`, there is none; `current`; `changed`,
 * it has settings of its own; `out of date`, it does something else.
 */
export type Standing = 'absent' | 'current' | 'changed' | 'out of date';

export interface Comparison {
  readonly standing: Standing;
  /** The fields of spec that differ, of those that the library sets. */
  readonly differs: readonly (keyof LuaPluginSpec)[];
}

/** Compares what the library sets; what it leaves to others (`suspend`, for one) is left aside. */
export function compare(bundled: BundledPlugin, present: LuaPlugin | undefined): Comparison {
  if (present === undefined) return { standing: 'absent', differs: [] };
  const wanted = specOf(bundled);
  const differs = fieldsOf(bundled).filter((field) => !isDeepStrictEqual(wanted[field], present.spec[field]));
  const isSetting = (field: string) => (settings as readonly string[]).includes(field);
  if (differs.length === 0) return { standing: 'current', differs };
  return { standing: differs.every(isSetting) ? 'changed' : 'out of date', differs };
}

/** The fields of spec that a plugin of the library sets. */
export function fieldsOf({ manifest: { spec } }: BundledPlugin): (keyof LuaPluginSpec)[] {
  return Object.keys(spec) as (keyof LuaPluginSpec)[];
}
