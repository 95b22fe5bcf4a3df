/** One kind that owns Pods: what standard resolution does when the owner chain reaches it. */
export interface KindRow {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** The plural, as in RBAC rules and in the config's `resources`. */
  readonly resource: string;
  /** `stop`: this is the workload. `follow`: a helper object; its own controller is asked for, if it has one. */
  readonly chain: 'stop' | 'follow';
  /** The workload type that it counts as, where the chain ends with it. */
  readonly type: string;
  /** Whose kind it is. */
  readonly of: string;
  /** Followed only while this API group is served, which alone could own it; `stop` otherwise. */
  readonly followedWith: string | undefined;
}

type Row = readonly [
  group: string,
  kind: string,
  resource: string,
  chain: KindRow['chain'],
  type: string,
  of: string,
  followedWith?: string,
];

// Deployment and StatefulSet stop although operators own many of them: no read for each, and where the owner above
// is what users think in, examples/library has a plugin. Each row has a fixture in test/unit/workloads/fixtures or in
// the library.
// biome-ignore format: the columns are read downwards
const table: readonly Row[] = [
  // group                   kind                        resource                       chain     type                        of
  ['apps',                  'Deployment',               'deployments',                 'stop',   'Deployment',               'Kubernetes'],
  ['apps',                  'StatefulSet',              'statefulsets',                'stop',   'StatefulSet',              'Kubernetes'],
  ['apps',                  'DaemonSet',                'daemonsets',                  'stop',   'DaemonSet',                'Kubernetes'],
  ['apps',                  'ReplicaSet',               'replicasets',                 'follow', 'ReplicaSet',               'Kubernetes'],
  ['batch',                 'CronJob',                  'cronjobs',                    'stop',   'CronJob',                  'Kubernetes'],
  ['batch',                 'Job',                      'jobs',                        'follow', 'Job',                      'Kubernetes'],
  ['',                      'ReplicationController',    'replicationcontrollers',      'follow', 'ReplicationController',    'Kubernetes', 'apps.openshift.io'],
  ['',                      'Pod',                      'pods',                        'follow', 'Pod',                      'Kubernetes'],
  ['apps.openshift.io',     'DeploymentConfig',         'deploymentconfigs',           'stop',   'DeploymentConfig',         'OpenShift'],
  ['argoproj.io',           'Rollout',                  'rollouts',                    'stop',   'Rollout',                  'Argo Rollouts'],
  ['argoproj.io',           'Experiment',               'experiments',                 'follow', 'Experiment',               'Argo Rollouts'],
  ['argoproj.io',           'AnalysisRun',              'analysisruns',                'follow', 'AnalysisRun',              'Argo Rollouts'],
  ['argoproj.io',           'CronWorkflow',             'cronworkflows',               'stop',   'CronWorkflow',             'Argo Workflows'],
  ['argoproj.io',           'Workflow',                 'workflows',                   'follow', 'Workflow',                 'Argo Workflows'],
  ['argoproj.io',           'WorkflowArtifactGCTask',   'workflowartifactgctasks',     'follow', 'WorkflowArtifactGCTask',   'Argo Workflows'],
  ['apps.kruise.io',        'CloneSet',                 'clonesets',                   'stop',   'CloneSet',                 'OpenKruise'],
  ['apps.kruise.io',        'StatefulSet',              'statefulsets',                'stop',   'StatefulSet',              'OpenKruise'],
  ['apps.kruise.io',        'DaemonSet',                'daemonsets',                  'stop',   'DaemonSet',                'OpenKruise'],
  ['apps.kruise.io',        'AdvancedCronJob',          'advancedcronjobs',            'stop',   'AdvancedCronJob',          'OpenKruise'],
  ['apps.kruise.io',        'BroadcastJob',             'broadcastjobs',               'follow', 'BroadcastJob',             'OpenKruise'],
  ['platform.stke',         'StatefulSetPlus',          'statefulsetpluses',           'stop',   'StatefulSetPlus',          'TKE'],
  ['tkex.tencent.com',      'StatefulSetPlus',          'statefulsetpluses',           'stop',   'StatefulSetPlus',          'TKE'],
  ['apps.cafe.cloud.alipay.com', 'InPlaceSet',          'inplacesets',                 'stop',   'InPlaceSet',               'SOFAStack'],
  ['opengauss.sig',         'OpenGaussCluster',         'opengaussclusters',           'stop',   'OpenGaussCluster',         'openGauss operator'],
  ['opengauss.cmbc.com.cn', 'OpenGaussCluster',         'opengaussclusters',           'stop',   'OpenGaussCluster',         'openGauss operator, older group'],
  ['sparkoperator.k8s.io',  'ScheduledSparkApplication', 'scheduledsparkapplications', 'stop',   'ScheduledSparkApplication', 'Spark operator'],
  ['sparkoperator.k8s.io',  'SparkApplication',         'sparkapplications',           'follow', 'SparkApplication',         'Spark operator'],
  ['sparkoperator.k8s.io',  'SparkConnect',             'sparkconnects',               'stop',   'SparkConnect',             'Spark operator'],
  ['ray.io',                'RayService',               'rayservices',                 'stop',   'RayService',               'KubeRay'],
  ['ray.io',                'RayCronJob',               'raycronjobs',                 'stop',   'RayCronJob',               'KubeRay'],
  ['ray.io',                'RayJob',                   'rayjobs',                     'follow', 'RayJob',                   'KubeRay'],
  ['ray.io',                'RayCluster',               'rayclusters',                 'follow', 'RayCluster',               'KubeRay'],
  ['kubeflow.org',          'PyTorchJob',               'pytorchjobs',                 'stop',   'PyTorchJob',               'Kubeflow training operator'],
  ['kubeflow.org',          'TFJob',                    'tfjobs',                      'stop',   'TFJob',                    'Kubeflow training operator'],
  ['kubeflow.org',          'MPIJob',                   'mpijobs',                     'stop',   'MPIJob',                   'Kubeflow training operator'],
  ['kubeflow.org',          'XGBoostJob',               'xgboostjobs',                 'stop',   'XGBoostJob',               'Kubeflow training operator'],
  ['kubeflow.org',          'PaddleJob',                'paddlejobs',                  'stop',   'PaddleJob',                'Kubeflow training operator'],
  ['kubeflow.org',          'JAXJob',                   'jaxjobs',                     'stop',   'JAXJob',                   'Kubeflow training operator'],
  ['trainer.kubeflow.org',  'TrainJob',                 'trainjobs',                   'stop',   'TrainJob',                 'Kubeflow Trainer'],
  ['jobset.x-k8s.io',       'JobSet',                   'jobsets',                     'follow', 'JobSet',                   'JobSet'],
  ['batch.volcano.sh',      'CronJob',                  'cronjobs',                    'stop',   'CronJob',                  'Volcano'],
  ['batch.volcano.sh',      'Job',                      'jobs',                        'follow', 'Job',                      'Volcano'],
  ['kubevirt.io',           'VirtualMachine',           'virtualmachines',             'stop',   'VirtualMachine',           'KubeVirt'],
  ['kubevirt.io',           'VirtualMachineInstanceReplicaSet', 'virtualmachineinstancereplicasets', 'stop', 'VirtualMachineInstanceReplicaSet', 'KubeVirt'],
  ['kubevirt.io',           'VirtualMachineInstance',   'virtualmachineinstances',     'follow', 'VirtualMachineInstance',   'KubeVirt'],
  ['kafka.strimzi.io',      'KafkaNodePool',            'kafkanodepools',              'stop',   'KafkaNodePool',            'Strimzi'],
  ['kafka.strimzi.io',      'KafkaConnect',             'kafkaconnects',               'stop',   'KafkaConnect',             'Strimzi'],
  ['kafka.strimzi.io',      'KafkaMirrorMaker2',        'kafkamirrormaker2s',          'stop',   'KafkaMirrorMaker2',        'Strimzi'],
  ['core.strimzi.io',       'StrimziPodSet',            'strimzipodsets',              'follow', 'StrimziPodSet',            'Strimzi'],
  ['postgresql.cnpg.io',    'Cluster',                  'clusters',                    'stop',   'Cluster',                  'CloudNativePG'],
  ['tekton.dev',            'PipelineRun',              'pipelineruns',                'stop',   'PipelineRun',              'Tekton'],
  ['tekton.dev',            'TaskRun',                  'taskruns',                    'follow', 'TaskRun',                  'Tekton'],
  ['actions.github.com',    'AutoscalingRunnerSet',     'autoscalingrunnersets',       'stop',   'AutoscalingRunnerSet',     'Actions Runner Controller'],
  ['actions.github.com',    'AutoscalingListener',      'autoscalinglisteners',        'stop',   'AutoscalingListener',      'Actions Runner Controller'],
  ['actions.github.com',    'EphemeralRunnerSet',       'ephemeralrunnersets',         'follow', 'EphemeralRunnerSet',       'Actions Runner Controller'],
  ['actions.github.com',    'EphemeralRunner',          'ephemeralrunners',            'follow', 'EphemeralRunner',          'Actions Runner Controller'],
  ['actions.summerwind.dev', 'RunnerDeployment',        'runnerdeployments',           'stop',   'RunnerDeployment',         'Actions Runner Controller, older API'],
  ['actions.summerwind.dev', 'RunnerReplicaSet',        'runnerreplicasets',           'follow', 'RunnerReplicaSet',         'Actions Runner Controller, older API'],
  ['actions.summerwind.dev', 'Runner',                  'runners',                     'follow', 'Runner',                   'Actions Runner Controller, older API'],
];

/** The kinds that standard resolution knows, in the order of the table. */
export const knownKinds: readonly KindRow[] = table.map(
  ([group, kind, resource, chain, type, of, followedWith]) => ({
    group,
    kind,
    resource,
    chain,
    type,
    of,
    followedWith,
  }),
);

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
