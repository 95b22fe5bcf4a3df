import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { isForbidden, isObjectNotFound } from '../../operator/kube/client/errors.ts';
import {
  type ConfigMapContents,
  type ScriptText,
  scriptIn,
} from '../../operator/plugins/script/script-text.ts';
import { type Parts, partsOf } from './parts.ts';

/** What a spec says its plugin does; `scriptProblem` stands in for a script that can't be had, in one sentence. */
export interface CurrentParts {
  readonly parts: Parts;
  readonly scriptProblem?: string;
}

/** Reads the parts of a plugin's spec, with the script that spec.scriptFrom leads to. */
export async function currentParts({ spec }: LuaPlugin, client: KubeClient): Promise<CurrentParts> {
  const parts = partsOf(spec);
  if (spec.scriptFrom === undefined) return { parts };
  const text = await readScript(spec.scriptFrom, client);
  return text.ok ? { parts: { ...parts, script: text.script } } : { parts, scriptProblem: text.message };
}

async function readScript(
  { configMapKeyRef }: NonNullable<LuaPlugin['spec']['scriptFrom']>,
  client: KubeClient,
): Promise<ScriptText> {
  const { namespace, name } = configMapKeyRef;
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  try {
    return scriptIn(await client.request<ConfigMapContents>({ method: 'GET', path }), configMapKeyRef);
  } catch (error) {
    if (isObjectNotFound(error)) return scriptIn(undefined, configMapKeyRef);
    if (isForbidden(error)) return { ok: false, message: error.message };
    throw error;
  }
}
