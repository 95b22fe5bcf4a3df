import { isDeepStrictEqual } from 'node:util';
import type { LuaPluginSpec } from '../../operator/api/generated.ts';
import type { RevisionSpec } from '../../operator/api/revisions.ts';

/** The fields that a revision holds and a rollback puts back. */
export const partNames = [
  'script',
  'parameters',
  'parametersSchema',
  'limits',
  'match',
  'tests',
  'requires',
] as const satisfies readonly (keyof RevisionSpec)[];
export type PartName = (typeof partNames)[number];

/** What a plugin does, as a revision or a spec has it. */
export type Parts = { readonly [Name in PartName]?: LuaPluginSpec[Name] };

/** The parts of a revision or of a spec; a spec's script may be elsewhere. */
export function partsOf(spec: Parts): Parts {
  return Object.fromEntries(
    partNames.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])),
  );
}

/** The names of the parts in which two differ. */
export function changedParts(before: Parts, after: Parts): PartName[] {
  return partNames.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** Whether both answer alike: tests and requirements may differ. */
export function answerAlike(before: Parts, after: Parts): boolean {
  return changedParts(before, after).every((name) => name === 'tests' || name === 'requires');
}
