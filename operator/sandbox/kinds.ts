/** Kinds whose capitals are known, so that a script may write them as it likes. */
const wellKnownKinds = [
  'AdvancedStatefulSet',
  'CloneSet',
  'CronJob',
  'DaemonSet',
  'Deployment',
  'DeploymentConfig',
  'Job',
  'Pod',
  'ReplicaSet',
  'ReplicationController',
  'Rollout',
  'StatefulSet',
  'StaticPod',
];

const byLowerCase = new Map(wellKnownKinds.map((kind) => [kind.toLowerCase(), kind]));

/** The kind with its usual capitals if it is a well-known one, else as it is: `statefulset` is `StatefulSet`. */
export function canonicalKind(kind: string): string {
  return byLowerCase.get(kind.toLowerCase()) ?? kind;
}
