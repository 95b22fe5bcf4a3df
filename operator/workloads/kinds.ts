/** One kind that owns Pods: what standard resolution does when the owner chain reaches it. */
export interface KindRow {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** The plural, as in RBAC rules and in the config's `resources`. */
  readonly resource: string;
  /**
   * `stop`: this is the workload. `follow`: a helper object; its own controller is asked for, if it has one. `topmost`:
   * a helper object only where the config asks for the topmost workload, else this is it. `pass`: a helper object
   * that is never the workload itself.
   */
  readonly chain: 'stop' | 'follow' | 'topmost' | 'pass';
  /** The workload type that it counts as, where the chain ends with it. */
  readonly type: string;
  /** Whose kind it is. */
  readonly of: string;
  /** Followed only while this API group is served, which alone could own it; `stop` otherwise. */
  readonly followedWith: string | undefined;
  /** Its operator writes owner references to it without `controller: true`. */
  readonly ownsLoosely: boolean;
}

type Row = readonly [
  group: string,
  kind: string,
  resource: string,
  chain: KindRow['chain'],
  type: string,
  of: string,
  more?: { readonly followedWith?: string; readonly ownsLoosely?: true },
];

const loosely = { ownsLoosely: true } as const;

// Deployment and StatefulSet stop by default although operators own many of them: no read for each, and where the owner
// above is what users think in, examples/library has a plugin. Each row has a fixture in test/unit/workloads/fixtures,
// beside it in topmost, or in the library.
// biome-ignore format: the columns are read downwards
const table: readonly Row[] = [
  // group                   kind                        resource                       chain      type                        of
  ['apps',                   'Deployment',               'deployments',                 'topmost', 'Deployment',               'Kubernetes'],
  ['apps',                   'StatefulSet',              'statefulsets',                'topmost', 'StatefulSet',              'Kubernetes'],
  ['apps',                   'DaemonSet',                'daemonsets',                  'stop',    'DaemonSet',                'Kubernetes'],
  ['apps',                   'ReplicaSet',               'replicasets',                 'follow',  'ReplicaSet',               'Kubernetes'],
  ['batch',                  'CronJob',                  'cronjobs',                    'stop',    'CronJob',                  'Kubernetes'],
  ['batch',                  'Job',                      'jobs',                        'follow',  'Job',                      'Kubernetes'],
  ['',                       'ReplicationController',    'replicationcontrollers',      'follow',  'ReplicationController',    'Kubernetes', { followedWith: 'apps.openshift.io' }],
  ['',                       'Pod',                      'pods',                        'follow',  'Pod',                      'Kubernetes', loosely],
  ['',                       'PersistentVolumeClaim',    'persistentvolumeclaims',      'pass',    'PersistentVolumeClaim',    'Kubernetes'],
  ['apps.openshift.io',      'DeploymentConfig',         'deploymentconfigs',           'stop',    'DeploymentConfig',         'OpenShift'],
  ['argoproj.io',            'Rollout',                  'rollouts',                    'stop',    'Rollout',                  'Argo Rollouts'],
  ['argoproj.io',            'Experiment',               'experiments',                 'follow',  'Experiment',               'Argo Rollouts'],
  ['argoproj.io',            'AnalysisRun',              'analysisruns',                'follow',  'AnalysisRun',              'Argo Rollouts'],
  ['argoproj.io',            'CronWorkflow',             'cronworkflows',               'stop',    'CronWorkflow',             'Argo Workflows'],
  ['argoproj.io',            'Workflow',                 'workflows',                   'follow',  'Workflow',                 'Argo Workflows'],
  ['argoproj.io',            'WorkflowArtifactGCTask',   'workflowartifactgctasks',     'follow',  'WorkflowArtifactGCTask',   'Argo Workflows'],
  ['apps.kruise.io',         'CloneSet',                 'clonesets',                   'stop',    'CloneSet',                 'OpenKruise'],
  ['apps.kruise.io',         'StatefulSet',              'statefulsets',                'stop',    'StatefulSet',              'OpenKruise'],
  ['apps.kruise.io',         'DaemonSet',                'daemonsets',                  'stop',    'DaemonSet',                'OpenKruise'],
  ['apps.kruise.io',         'AdvancedCronJob',          'advancedcronjobs',            'stop',    'AdvancedCronJob',          'OpenKruise'],
  ['apps.kruise.io',         'BroadcastJob',             'broadcastjobs',               'follow',  'BroadcastJob',             'OpenKruise'],
  ['platform.stke',          'StatefulSetPlus',          'statefulsetpluses',           'stop',    'StatefulSetPlus',          'TKE'],
  ['tkex.tencent.com',       'StatefulSetPlus',          'statefulsetpluses',           'stop',    'StatefulSetPlus',          'TKE'],
  ['apps.cafe.cloud.alipay.com', 'InPlaceSet',               'inplacesets',                 'stop',    'InPlaceSet',               'SOFAStack'],
  ['opengauss.sig',          'OpenGaussCluster',         'opengaussclusters',           'stop',    'OpenGaussCluster',         'openGauss operator'],
  ['opengauss.cmbc.com.cn',  'OpenGaussCluster',         'opengaussclusters',           'stop',    'OpenGaussCluster',         'openGauss operator, older group'],
  ['sparkoperator.k8s.io',   'ScheduledSparkApplication', 'scheduledsparkapplications',  'stop',    'ScheduledSparkApplication', 'Spark operator', loosely],
  ['sparkoperator.k8s.io',   'SparkApplication',         'sparkapplications',           'follow',  'SparkApplication',         'Spark operator'],
  ['sparkoperator.k8s.io',   'SparkConnect',             'sparkconnects',               'stop',    'SparkConnect',             'Spark operator'],
  ['ray.io',                 'RayService',               'rayservices',                 'stop',    'RayService',               'KubeRay'],
  ['ray.io',                 'RayCronJob',               'raycronjobs',                 'stop',    'RayCronJob',               'KubeRay'],
  ['ray.io',                 'RayJob',                   'rayjobs',                     'follow',  'RayJob',                   'KubeRay'],
  ['ray.io',                 'RayCluster',               'rayclusters',                 'follow',  'RayCluster',               'KubeRay'],
  ['kubeflow.org',           'PyTorchJob',               'pytorchjobs',                 'follow',  'PyTorchJob',               'Kubeflow training operator'],
  ['kubeflow.org',           'TFJob',                    'tfjobs',                      'follow',  'TFJob',                    'Kubeflow training operator'],
  ['kubeflow.org',           'MPIJob',                   'mpijobs',                     'follow',  'MPIJob',                   'Kubeflow training operator'],
  ['kubeflow.org',           'XGBoostJob',               'xgboostjobs',                 'follow',  'XGBoostJob',               'Kubeflow training operator'],
  ['kubeflow.org',           'PaddleJob',                'paddlejobs',                  'follow',  'PaddleJob',                'Kubeflow training operator'],
  ['kubeflow.org',           'JAXJob',                   'jaxjobs',                     'follow',  'JAXJob',                   'Kubeflow training operator'],
  ['trainer.kubeflow.org',   'TrainJob',                 'trainjobs',                   'follow',  'TrainJob',                 'Kubeflow Trainer'],
  ['jobset.x-k8s.io',        'JobSet',                   'jobsets',                     'follow',  'JobSet',                   'JobSet'],
  ['batch.volcano.sh',       'CronJob',                  'cronjobs',                    'stop',    'CronJob',                  'Volcano'],
  ['batch.volcano.sh',       'Job',                      'jobs',                        'follow',  'Job',                      'Volcano'],
  ['kubevirt.io',            'VirtualMachine',           'virtualmachines',             'stop',    'VirtualMachine',           'KubeVirt'],
  ['kubevirt.io',            'VirtualMachineInstanceReplicaSet', 'virtualmachineinstancereplicasets', 'stop',    'VirtualMachineInstanceReplicaSet', 'KubeVirt'],
  ['kubevirt.io',            'VirtualMachineInstance',   'virtualmachineinstances',     'follow',  'VirtualMachineInstance',   'KubeVirt'],
  ['kafka.strimzi.io',       'Kafka',                    'kafkas',                      'stop',    'Kafka',                    'Strimzi', loosely],
  ['kafka.strimzi.io',       'KafkaBridge',              'kafkabridges',                'stop',    'KafkaBridge',              'Strimzi', loosely],
  ['kafka.strimzi.io',       'KafkaNodePool',            'kafkanodepools',              'stop',    'KafkaNodePool',            'Strimzi', loosely],
  ['kafka.strimzi.io',       'KafkaConnect',             'kafkaconnects',               'stop',    'KafkaConnect',             'Strimzi', loosely],
  ['kafka.strimzi.io',       'KafkaMirrorMaker2',        'kafkamirrormaker2s',          'stop',    'KafkaMirrorMaker2',        'Strimzi', loosely],
  ['core.strimzi.io',        'StrimziPodSet',            'strimzipodsets',              'follow',  'StrimziPodSet',            'Strimzi'],
  ['postgresql.cnpg.io',     'Cluster',                  'clusters',                    'stop',    'Cluster',                  'CloudNativePG'],
  ['tekton.dev',             'PipelineRun',              'pipelineruns',                'stop',    'PipelineRun',              'Tekton'],
  ['tekton.dev',             'TaskRun',                  'taskruns',                    'follow',  'TaskRun',                  'Tekton'],
  ['actions.github.com',     'AutoscalingRunnerSet',     'autoscalingrunnersets',       'stop',    'AutoscalingRunnerSet',     'Actions Runner Controller'],
  ['actions.github.com',     'AutoscalingListener',      'autoscalinglisteners',        'stop',    'AutoscalingListener',      'Actions Runner Controller'],
  ['actions.github.com',     'EphemeralRunnerSet',       'ephemeralrunnersets',         'follow',  'EphemeralRunnerSet',       'Actions Runner Controller'],
  ['actions.github.com',     'EphemeralRunner',          'ephemeralrunners',            'follow',  'EphemeralRunner',          'Actions Runner Controller'],
  ['actions.summerwind.dev', 'RunnerDeployment',         'runnerdeployments',           'stop',    'RunnerDeployment',         'Actions Runner Controller, older API'],
  ['actions.summerwind.dev', 'RunnerReplicaSet',         'runnerreplicasets',           'follow',  'RunnerReplicaSet',         'Actions Runner Controller, older API'],
  ['actions.summerwind.dev', 'Runner',                   'runners',                     'follow',  'Runner',                   'Actions Runner Controller, older API'],
  ['agents.x-k8s.io',        'Sandbox',                  'sandboxes',                   'follow',  'Sandbox',                  'Agent Sandbox'],
  ['extensions.agents.x-k8s.io', 'SandboxWarmPool',          'sandboxwarmpools',            'stop',    'SandboxWarmPool',          'Agent Sandbox'],
  ['extensions.agents.x-k8s.io', 'SandboxClaim',             'sandboxclaims',               'stop',    'SandboxClaim',             'Agent Sandbox'],
  ['agents.kruise.io',       'Sandbox',                  'sandboxes',                   'follow',  'Sandbox',                  'OpenKruise Agents'],
  ['agents.kruise.io',       'SandboxSet',               'sandboxsets',                 'stop',    'SandboxSet',               'OpenKruise Agents'],
  ['agones.dev',             'GameServer',               'gameservers',                 'follow',  'GameServer',               'Agones'],
  ['agones.dev',             'GameServerSet',            'gameserversets',              'follow',  'GameServerSet',            'Agones'],
  ['agones.dev',             'Fleet',                    'fleets',                      'stop',    'Fleet',                    'Agones'],
  ['acme.cert-manager.io',   'Challenge',                'challenges',                  'follow',  'Challenge',                'cert-manager'],
  ['acme.cert-manager.io',   'Order',                    'orders',                      'follow',  'Order',                    'cert-manager'],
  ['cert-manager.io',        'CertificateRequest',       'certificaterequests',         'follow',  'CertificateRequest',       'cert-manager'],
  ['cert-manager.io',        'Certificate',              'certificates',                'stop',    'Certificate',              'cert-manager'],
  ['cdi.kubevirt.io',        'DataVolume',               'datavolumes',                 'follow',  'DataVolume',               'Containerized Data Importer'],
  ['export.kubevirt.io',     'VirtualMachineExport',     'virtualmachineexports',       'stop',    'VirtualMachineExport',     'KubeVirt'],
  ['kubeflow.org',           'Trial',                    'trials',                      'follow',  'Trial',                    'Katib'],
  ['kubeflow.org',           'Experiment',               'experiments',                 'stop',    'Experiment',               'Katib'],
  ['workload.codeflare.dev', 'AppWrapper',               'appwrappers',                 'stop',    'AppWrapper',               'AppWrapper'],
  ['leaderworkerset.x-k8s.io', 'LeaderWorkerSet',          'leaderworkersets',            'follow',  'LeaderWorkerSet',          'LeaderWorkerSet'],
  ['grove.io',               'PodClique',                'podcliques',                  'follow',  'PodClique',                'Grove'],
  ['grove.io',               'PodCliqueScalingGroup',    'podcliquescalinggroups',      'follow',  'PodCliqueScalingGroup',    'Grove'],
  ['grove.io',               'PodCliqueSet',             'podcliquesets',               'follow',  'PodCliqueSet',             'Grove'],
  ['nvidia.com',             'DynamoGraphDeployment',    'dynamographdeployments',      'stop',    'DynamoGraphDeployment',    'Dynamo'],
  ['apps.nvidia.com',        'NIMPipeline',              'nimpipelines',                'stop',    'NIMPipeline',              'NIM operator'],
  ['apps.nvidia.com',        'NIMCache',                 'nimcaches',                   'stop',    'NIMCache',                 'NIM operator'],
  ['workloads.x-k8s.io',     'RoleInstance',             'roleinstances',               'follow',  'RoleInstance',             'RBG'],
  ['workloads.x-k8s.io',     'RoleInstanceSet',          'roleinstancesets',            'follow',  'RoleInstanceSet',          'RBG'],
  ['workloads.x-k8s.io',     'RoleBasedGroup',           'rolebasedgroups',             'follow',  'RoleBasedGroup',           'RBG'],
  ['workloads.x-k8s.io',     'RoleBasedGroupSet',        'rolebasedgroupsets',          'stop',    'RoleBasedGroupSet',        'RBG'],
  ['orchestration.aibrix.ai', 'PodSet',                   'podsets',                     'follow',  'PodSet',                   'AIBrix'],
  ['orchestration.aibrix.ai', 'RoleSet',                  'rolesets',                    'follow',  'RoleSet',                  'AIBrix'],
  ['orchestration.aibrix.ai', 'StormService',             'stormservices',               'stop',    'StormService',             'AIBrix'],
  ['orchestration.aibrix.ai', 'RayClusterReplicaSet',     'rayclusterreplicasets',       'follow',  'RayClusterReplicaSet',     'AIBrix'],
  ['orchestration.aibrix.ai', 'RayClusterFleet',          'rayclusterfleets',            'stop',    'RayClusterFleet',          'AIBrix'],
  ['workload.serving.volcano.sh', 'ModelServing',             'modelservings',               'follow',  'ModelServing',             'Kthena'],
  ['workload.serving.volcano.sh', 'ModelBooster',             'modelboosters',               'stop',    'ModelBooster',             'Kthena'],
  ['serving.kserve.io',      'InferenceService',         'inferenceservices',           'topmost', 'InferenceService',         'KServe'],
  ['serving.kserve.io',      'InferenceGraph',           'inferencegraphs',             'stop',    'InferenceGraph',           'KServe'],
  ['serving.kserve.io',      'LLMInferenceService',      'llminferenceservices',        'stop',    'LLMInferenceService',      'KServe'],
  ['flow.volcano.sh',        'JobFlow',                  'jobflows',                    'stop',    'JobFlow',                  'Volcano'],
  ['keda.sh',                'ScaledJob',                'scaledjobs',                  'stop',    'ScaledJob',                'KEDA'],
  ['workloads.kubeblocks.io', 'Instance',                 'instances',                   'follow',  'Instance',                 'KubeBlocks'],
  ['workloads.kubeblocks.io', 'InstanceSet',              'instancesets',                'follow',  'InstanceSet',              'KubeBlocks'],
  ['apps.kubeblocks.io',     'Component',                'components',                  'follow',  'Component',                'KubeBlocks'],
  ['apps.kubeblocks.io',     'Cluster',                  'clusters',                    'stop',    'Cluster',                  'KubeBlocks'],
  ['core.pingcap.com',       'PD',                       'pds',                         'follow',  'PD',                       'TiDB operator'],
  ['core.pingcap.com',       'PDGroup',                  'pdgroups',                    'stop',    'PDGroup',                  'TiDB operator'],
  ['core.pingcap.com',       'TiKV',                     'tikvs',                       'follow',  'TiKV',                     'TiDB operator'],
  ['core.pingcap.com',       'TiKVGroup',                'tikvgroups',                  'stop',    'TiKVGroup',                'TiDB operator'],
  ['core.pingcap.com',       'TiDB',                     'tidbs',                       'follow',  'TiDB',                     'TiDB operator'],
  ['core.pingcap.com',       'TiDBGroup',                'tidbgroups',                  'stop',    'TiDBGroup',                'TiDB operator'],
  ['core.pingcap.com',       'TiFlash',                  'tiflashes',                   'follow',  'TiFlash',                  'TiDB operator'],
  ['core.pingcap.com',       'TiFlashGroup',             'tiflashgroups',               'stop',    'TiFlashGroup',             'TiDB operator'],
  ['core.pingcap.com',       'TiCDC',                    'ticdcs',                      'follow',  'TiCDC',                    'TiDB operator'],
  ['core.pingcap.com',       'TiCDCGroup',               'ticdcgroups',                 'stop',    'TiCDCGroup',               'TiDB operator'],
  ['core.pingcap.com',       'TSO',                      'tsos',                        'follow',  'TSO',                      'TiDB operator'],
  ['core.pingcap.com',       'TSOGroup',                 'tsogroups',                   'stop',    'TSOGroup',                 'TiDB operator'],
  ['core.pingcap.com',       'Scheduling',               'schedulings',                 'follow',  'Scheduling',               'TiDB operator'],
  ['core.pingcap.com',       'SchedulingGroup',          'schedulinggroups',            'stop',    'SchedulingGroup',          'TiDB operator'],
  ['core.pingcap.com',       'Scheduler',                'schedulers',                  'follow',  'Scheduler',                'TiDB operator'],
  ['core.pingcap.com',       'SchedulerGroup',           'schedulergroups',             'stop',    'SchedulerGroup',           'TiDB operator'],
  ['core.pingcap.com',       'Router',                   'routers',                     'follow',  'Router',                   'TiDB operator'],
  ['core.pingcap.com',       'RouterGroup',              'routergroups',                'stop',    'RouterGroup',              'TiDB operator'],
  ['core.pingcap.com',       'ResourceManager',          'resourcemanagers',            'follow',  'ResourceManager',          'TiDB operator'],
  ['core.pingcap.com',       'ResourceManagerGroup',     'resourcemanagergroups',       'stop',    'ResourceManagerGroup',     'TiDB operator'],
  ['core.pingcap.com',       'TiKVWorker',               'tikvworkers',                 'follow',  'TiKVWorker',               'TiDB operator'],
  ['core.pingcap.com',       'TiKVWorkerGroup',          'tikvworkergroups',            'stop',    'TiKVWorkerGroup',          'TiDB operator'],
  ['core.pingcap.com',       'TiProxy',                  'tiproxies',                   'follow',  'TiProxy',                  'TiDB operator'],
  ['core.pingcap.com',       'TiProxyGroup',             'tiproxygroups',               'stop',    'TiProxyGroup',             'TiDB operator'],
  ['core.pingcap.com',       'DM',                       'dms',                         'follow',  'DM',                       'TiDB operator'],
  ['core.pingcap.com',       'DMGroup',                  'dmgroups',                    'stop',    'DMGroup',                  'TiDB operator'],
  ['core.pingcap.com',       'DMWorker',                 'dmworkers',                   'follow',  'DMWorker',                 'TiDB operator'],
  ['core.pingcap.com',       'DMWorkerGroup',            'dmworkergroups',              'stop',    'DMWorkerGroup',            'TiDB operator'],
  ['oceanbase.oceanbase.com', 'OBServer',                 'observers',                   'follow',  'OBServer',                 'ob-operator', loosely],
  ['oceanbase.oceanbase.com', 'OBZone',                   'obzones',                     'follow',  'OBZone',                   'ob-operator', loosely],
  ['oceanbase.oceanbase.com', 'OBCluster',                'obclusters',                  'stop',    'OBCluster',                'ob-operator', loosely],
  ['planetscale.com',        'VitessShard',              'vitessshards',                'follow',  'VitessShard',              'Vitess operator'],
  ['planetscale.com',        'VitessKeyspace',           'vitesskeyspaces',             'follow',  'VitessKeyspace',           'Vitess operator'],
  ['planetscale.com',        'EtcdLockserver',           'etcdlockservers',             'follow',  'EtcdLockserver',           'Vitess operator'],
  ['planetscale.com',        'VitessCell',               'vitesscells',                 'follow',  'VitessCell',               'Vitess operator'],
  ['planetscale.com',        'VitessCluster',            'vitessclusters',              'stop',    'VitessCluster',            'Vitess operator'],
  ['postgres-operator.crunchydata.com', 'PostgresCluster',          'postgresclusters',            'stop',    'PostgresCluster',          'Crunchy Postgres'],
  ['postgres-operator.crunchydata.com', 'PGUpgrade',                'pgupgrades',                  'stop',    'PGUpgrade',                'Crunchy Postgres'],
  ['pgv2.percona.com',       'PerconaPGBackup',          'perconapgbackups',            'stop',    'PerconaPGBackup',          'Percona operators'],
  ['pxc.percona.com',        'PerconaXtraDBClusterBackup', 'perconaxtradbclusterbackups', 'stop',    'PerconaXtraDBClusterBackup', 'Percona operators'],
  ['ps.percona.com',         'PerconaServerMySQLBackup', 'perconaservermysqlbackups',   'stop',    'PerconaServerMySQLBackup', 'Percona operators'],
  ['scylla.scylladb.com',    'ScyllaDBDatacenter',       'scylladbdatacenters',         'follow',  'ScyllaDBDatacenter',       'ScyllaDB'],
  ['scylla.scylladb.com',    'ScyllaCluster',            'scyllaclusters',              'stop',    'ScyllaCluster',            'ScyllaDB'],
  ['opensearch.org',         'OpenSearchCluster',        'opensearchclusters',          'stop',    'OpenSearchCluster',        'OpenSearch'],
  ['dragonflydb.io',         'Dragonfly',                'dragonflies',                 'stop',    'Dragonfly',                'Dragonfly', loosely],
  ['workspace.devfile.io',   'DevWorkspace',             'devworkspaces',               'stop',    'DevWorkspace',             'DevWorkspace'],
  ['kubernetes.dask.org',    'DaskJob',                  'daskjobs',                    'stop',    'DaskJob',                  'Dask'],
  ['flink.apache.org',       'FlinkDeployment',          'flinkdeployments',            'topmost', 'FlinkDeployment',          'Flink operator', loosely],
  ['flink.apache.org',       'FlinkBlueGreenDeployment', 'flinkbluegreendeployments',   'stop',    'FlinkBlueGreenDeployment', 'Flink operator'],
  ['longhorn.io',            'InstanceManager',          'instancemanagers',            'stop',    'InstanceManager',          'Longhorn'],
  ['longhorn.io',            'ShareManager',             'sharemanagers',               'stop',    'ShareManager',             'Longhorn'],
  ['longhorn.io',            'BackingImageManager',      'backingimagemanagers',        'stop',    'BackingImageManager',      'Longhorn'],
  ['velero.io',              'DataUpload',               'datauploads',                 'stop',    'DataUpload',               'Velero'],
  ['velero.io',              'DataDownload',             'datadownloads',               'stop',    'DataDownload',             'Velero'],
  ['velero.io',              'PodVolumeBackup',          'podvolumebackups',            'stop',    'PodVolumeBackup',          'Velero'],
  ['gateway.networking.k8s.io', 'Gateway',                  'gateways',                    'stop',    'Gateway',                  'Gateway API', loosely],
];

/** The kinds that standard resolution knows, in the order of the table. */
export const knownKinds: readonly KindRow[] = table.map(
  ([group, kind, resource, chain, type, of, { followedWith, ownsLoosely = false } = {}]) => ({
    group,
    kind,
    resource,
    chain,
    type,
    of,
    followedWith,
    ownsLoosely,
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

/** API domains that projects share which have nothing else in common. */
const sharedDomains = new Set(['k8s.io', 'x-k8s.io', 'com.cn']);

/** Whether two API groups look like one project's: `extensions.agents.x-k8s.io` and `agents.x-k8s.io`. */
export function isSameProject(group: string, other: string): boolean {
  return projectOf(group) === projectOf(other);
}

function projectOf(group: string): string {
  const labels = group.split('.');
  return labels.slice(sharedDomains.has(labels.slice(-2).join('.')) ? -3 : -2).join('.');
}
