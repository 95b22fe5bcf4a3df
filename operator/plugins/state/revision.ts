import { createHash } from 'node:crypto';
import type { LuaPluginSpec } from '../../api/generated.ts';

/** A state of a plugin that serves, or served. */
export interface Revision {
  /** Counts up with each change of what the plugin does; survives restarts in the status. */
  readonly number: number;
  /** Of all that changes the plugin's answers: equal hashes, equal behaviour. */
  readonly hash: string;
  /** The metadata.generation that it came with. */
  readonly generation: number;
}

/**
 * The hash of the parts of a spec that make a revision: script, parameters and their schema, limits, match. The script
 * is the text itself; that it moved to a ConfigMap makes no revision.
 */
export function revisionHash(spec: LuaPluginSpec): string {
  const { script, parameters, parametersSchema, limits, match } = spec;
  return hashOf({ script, parameters, parametersSchema, limits, match });
}

/** The hash of the parts that the sandbox loads: a change of match alone needs no new program. */
export function programHash(spec: LuaPluginSpec): string {
  const { script, parameters, parametersSchema, limits } = spec;
  return hashOf({ script, parameters, parametersSchema, limits });
}

function hashOf(parts: object): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex').slice(0, 16);
}

/** JSON with sorted keys, so that the order in which somebody wrote them makes no revision. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The number of a revision that comes after another; the same hash is the same revision. */
export function nextNumber(previous: Pick<Revision, 'number' | 'hash'> | undefined, hash: string): number {
  if (previous === undefined) return 1;
  return previous.hash === hash ? previous.number : previous.number + 1;
}
