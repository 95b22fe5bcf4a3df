import { isDeepStrictEqual } from 'node:util';
import type { LuaPlugin, LuaPluginSpec } from '../../operator/api/generated.ts';
import type { RevisionSpec } from '../../operator/api/revisions.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { isForbidden, isObjectNotFound } from '../../operator/kube/client/errors.ts';
import { type ConfigMapContents, scriptIn } from '../../operator/plugins/script/script-text.ts';
import { undefinedIf } from './requests.ts';

/** The fields of a spec that a revision holds and a rollback puts back. */
export const revisionFieldNames = [
  'script',
  'parameters',
  'parametersSchema',
  'limits',
  'match',
  'tests',
  'requires',
] as const satisfies readonly (keyof RevisionSpec)[];
export type RevisionFieldName = (typeof revisionFieldNames)[number];

/** What a plugin does, as a revision or a spec has it. */
export type RevisionFields = { readonly [Name in RevisionFieldName]?: LuaPluginSpec[Name] };

/** These fields of a revision or of a spec; a spec's script may be elsewhere. */
export function revisionFields(spec: RevisionFields): RevisionFields {
  return Object.fromEntries(
    revisionFieldNames.flatMap((name) => (spec[name] === undefined ? [] : [[name, spec[name]]])),
  );
}

/** The names of the fields in which two differ. */
export function changedFields(before: RevisionFields, after: RevisionFields): RevisionFieldName[] {
  return revisionFieldNames.filter((name) => !isDeepStrictEqual(before[name], after[name]));
}

/** What a spec says its plugin does; `scriptProblem` stands in for a script that can't be had, in one sentence. */
export interface CurrentFields {
  readonly fields: RevisionFields;
  readonly scriptProblem?: string;
}

/** Reads these fields of a plugin's spec, with the script that spec.scriptFrom leads to. */
export async function currentFields({ spec }: LuaPlugin, client: KubeClient): Promise<CurrentFields> {
  const fields = revisionFields(spec);
  const key = spec.scriptFrom?.configMapKeyRef;
  if (key === undefined) return { fields };
  const path = `/api/v1/namespaces/${key.namespace}/configmaps/${key.name}`;
  try {
    const configMap = client.request<ConfigMapContents>({ method: 'GET', path });
    const text = scriptIn(await undefinedIf(isObjectNotFound, configMap), key);
    if (text.ok) return { fields: { ...fields, script: text.script } };
    return { fields, scriptProblem: text.message };
  } catch (error) {
    if (isForbidden(error)) return { fields, scriptProblem: error.message };
    throw error;
  }
}
