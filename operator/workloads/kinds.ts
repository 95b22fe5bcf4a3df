/** One kind that owns Pods: what standard resolution does when the owner chain reaches it. */
export interface KindRow {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** `stop`: this is the workload. `follow`: a helper object; its own controller is asked for, if it has one. */
  readonly chain: 'stop' | 'follow';
}

/**
 * The kinds that standard resolution knows. A kind that is not here is followed upward where it can be read,
 * and is the workload where it can't be, or has no controller.
 */
export const knownKinds: readonly KindRow[] = [
  { group: 'apps', kind: 'Deployment', chain: 'stop' },
  { group: 'apps', kind: 'StatefulSet', chain: 'stop' },
  { group: 'apps', kind: 'DaemonSet', chain: 'stop' },
  { group: 'apps', kind: 'ReplicaSet', chain: 'follow' },
  { group: '', kind: 'ReplicationController', chain: 'stop' },
  { group: 'batch', kind: 'CronJob', chain: 'stop' },
  { group: 'batch', kind: 'Job', chain: 'follow' },
  { group: 'argoproj.io', kind: 'Rollout', chain: 'stop' },
  { group: 'apps.kruise.io', kind: 'CloneSet', chain: 'stop' },
  { group: 'apps.kruise.io', kind: 'StatefulSet', chain: 'stop' },
  { group: 'apps.kruise.io', kind: 'DaemonSet', chain: 'stop' },
  { group: 'opengauss.sig', kind: 'OpenGaussCluster', chain: 'stop' },
];

const byGroupAndKind = new Map(knownKinds.map((row) => [`${row.group}/${row.kind}`, row]));

/** The row of a kind, or undefined for one that standard resolution does not know. */
export function findKind(group: string, kind: string): KindRow | undefined {
  return byGroupAndKind.get(`${group}/${kind}`);
}

/** `apps` of `apps/v1`; empty for the core group's `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}
