import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { mergePatch } from '../../../operator/kube/client/client.ts';

const collection = '/apis/luaplugin.dev/v1alpha1/luaplugins';
export const pluginName = 'bench';
/** Marks the Pods that the plugin answers differently about. */
export const canaryLabel = 'luaplugin.dev/bench-canary';

/** What the plugin answers: a Pod's owner, as this type; and another type for canaries. */
export interface Answers {
  readonly type: string;
  readonly canaryType: string;
}

function scriptFor({ type, canaryType }: Answers): string {
  return `local json = require("dkjson")
function GetWorkloadTypeAndName(text)
  local metadata = json.decode(text, 1, nil)
  local owner = (metadata.ownerReferences or {})[1]
  if owner == nil then return "", "" end
  if (metadata.labels or {})["${canaryLabel}"] then return "${canaryType}", owner.name end
  return "${type}", owner.name
end`;
}

export async function createPlugin(client: KubeClient, answers: Answers): Promise<void> {
  const body = {
    apiVersion: 'luaplugin.dev/v1alpha1',
    kind: 'LuaPlugin',
    metadata: { name: pluginName },
    spec: { script: scriptFor(answers) },
  };
  await client.request({ method: 'POST', path: collection, body });
}

export async function changePlugin(client: KubeClient, answers: Answers): Promise<void> {
  await client.request({
    method: 'PATCH',
    path: `${collection}/${pluginName}`,
    contentType: mergePatch,
    body: { spec: { script: scriptFor(answers) } },
  });
}
