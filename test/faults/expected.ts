import type { ObjectMeta } from '../../operator/kube/client/types.ts';

/** The operator's three annotations on a Pod. */
export interface Carried {
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly resolvedBy: string | undefined;
}

/** The label that the plugin of these tests goes by; a Pod without it is left to standard resolution. */
export const serviceLabel = 'service';

/** How the names of Pods begin that nobody changes. */
export const steadyPrefix = 'steady-';

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

/** What belongs to the operator among a Pod's annotations: nothing else may ever appear below this prefix. */
const prefix = 'luaplugin.dev/';

export function carriedBy({ annotations = {} }: ObjectMeta): Carried {
  return {
    type: annotations[`${prefix}workload-type`],
    name: annotations[`${prefix}workload-name`],
    resolvedBy: annotations[`${prefix}resolved-by`],
  };
}

/** The operator's annotations on a Pod but for the three, which are all that there may be. */
export function strayAnnotations({ annotations = {} }: ObjectMeta): string[] {
  const known = ['workload-type', 'workload-name', 'resolved-by'].map((name) => `${prefix}${name}`);
  return Object.keys(annotations).filter((key) => key.startsWith(prefix) && !known.includes(key));
}

/** The part of a Pod's metadata that neither the operator nor these tests ever change, as text. */
export function notOurs({ annotations = {}, labels = {}, ...meta }: ObjectMeta): string {
  const { uid, name, namespace, creationTimestamp, ownerReferences, finalizers } = meta;
  const others = Object.entries(annotations).filter(([key]) => !key.startsWith(prefix));
  const fixed = Object.entries(labels).filter(([key]) => key !== serviceLabel);
  return JSON.stringify({
    ...{ uid, name, namespace, creationTimestamp, ownerReferences, finalizers },
    annotations: Object.fromEntries(others),
    labels: Object.fromEntries(fixed),
  });
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
