import { isDeepStrictEqual } from 'node:util';
import type { LuaPluginSpec } from '../api/generated.ts';
import type { AdmissionRequest } from './admission-review.ts';

/**
 * How much of a look a request gets. `none`: it can't make a plugin worse. `advise`: it may be stored whatever is
 * wrong with it, its author hears of it. `refuse`: it has to be a plugin that can serve.
 */
export type Scope = 'none' | 'advise' | 'refuse';

/** What decides whether a plugin can serve. A change of the others leaves a broken plugin as broken as it was. */
const judged: readonly (keyof LuaPluginSpec)[] = [
  'script',
  'scriptFrom',
  'parameters',
  'parametersSchema',
  'limits',
  'tests',
];

/**
 * Decides how far a request is looked at. What is stored already stays editable however broken it is: labels,
 * finalizers, priority or match can be changed, and it can be deleted. `suspend: true` parks a plugin that is not
 * finished; taking it back is what puts it to work.
 */
export function scopeOf({ operation, subResource, object, oldObject }: AdmissionRequest): Scope {
  if (subResource !== undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return 'none';
  const { metadata, spec } = Object(object);
  if (Object(metadata).deletionTimestamp !== undefined) return 'none';
  const now = Object(spec);
  const before = Object(Object(oldObject).spec);
  const isPutToWork = now.suspend !== true && before.suspend === true;
  const isSame = () => judged.every((field) => isEqual(now[field], before[field]));
  if (operation === 'UPDATE' && !isPutToWork && isSame()) return 'none';
  return now.suspend === true ? 'advise' : 'refuse';
}

function isEqual(a: unknown, b: unknown): boolean {
  try {
    return isDeepStrictEqual(a, b);
  } catch {
    return false; // Nested deeper than the stack: whoever sent this was no API server.
  }
}
