import type { ObjectMeta } from '../../operator/kube/types.ts';

/** The operator's three annotations on a Pod. */
export interface Carried {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly resolvedBy: string | undefined;
}

/** The label that the plugin of these tests goes by; a Pod without it is left to standard resolution. */
export const serviceLabel = 'service';

/** Every revision of the plugin writes its number into type and name, so that half of two states shows. */
export function scriptOf(revision: number): string {
  return `
local json = require("dkjson")
function GetWorkloadTypeAndName(text)
  local labels = json.decode(text, 1, nil).labels
  local service = labels and labels["${serviceLabel}"]
  if not service then return "", "" end
  return "Rev${revision}", service .. "-r${revision}"
end
`;
}

export function carriedBy({ annotations = {} }: ObjectMeta): Carried {
  return {
    type: annotations['luaplugin.dev/workload-type'],
    name: annotations['luaplugin.dev/workload-name'],
    resolvedBy: annotations['luaplugin.dev/resolved-by'],
  };
}

/** What a Pod must carry in the end, worked out here from its metadata and nothing of the operator's. */
export function expectedOf(pod: ObjectMeta, plugin: string, revision: number): Carried {
  const service = pod.labels?.[serviceLabel];
  return service === undefined ? standardOf(pod) : byPlugin(service, plugin, revision);
}

export function byPlugin(service: string, plugin: string, revision: number): Carried {
  return { type: `Rev${revision}`, name: `${service}-r${revision}`, resolvedBy: `LuaPlugin/${plugin}` };
}

/** The Pods of these tests are bare, or a Deployment's, whose ReplicaSets end in a hash. */
export function standardOf({ name, ownerReferences }: ObjectMeta): Carried {
  const replicaSet = ownerReferences?.[0]?.name;
  return replicaSet === undefined
    ? { type: 'Pod', name, resolvedBy: 'standard' }
    : { type: 'Deployment', name: replicaSet.replace(/-[^-]+$/, ''), resolvedBy: 'standard' };
}

export function describeCarried({ type, name, resolvedBy }: Carried): string {
  return `${type} ${name} by ${resolvedBy}`;
}
