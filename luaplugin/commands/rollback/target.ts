import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { answerAlike, type Parts, partsOf } from '../../cluster/parts.ts';
import { servingRevision } from '../../cluster/revisions.ts';

/**
 * Where a rollback without a number goes: it takes the latest change back. When the spec is not what serves, because
 * it is broken or new, that is the revision that serves; else the one before it.
 * @param current what the spec says now
 * @param revisions the latest first
 */
export function defaultTarget(
  plugin: LuaPlugin,
  current: Parts,
  revisions: readonly StoredRevision[],
): StoredRevision | undefined {
  const serving = servingRevision(plugin, revisions) ?? revisions[0];
  if (serving === undefined || !answerAlike(partsOf(serving.spec), current)) return serving;
  return revisions.find(({ number }) => number < serving.number);
}

/** A spec with the parts of a revision in place of its own; the rest of it stays. */
export function rolledBack(spec: LuaPluginSpec, revision: StoredRevision): LuaPluginSpec {
  const {
    script: _script,
    scriptFrom: _scriptFrom,
    parameters: _parameters,
    parametersSchema: _parametersSchema,
    limits: _limits,
    match: _match,
    tests: _tests,
    requires: _requires,
    ...kept
  } = spec;
  const { limits } = revision.spec;
  return { ...kept, ...partsOf(revision.spec), limits };
}
