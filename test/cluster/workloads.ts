import type { ApiClient } from './api-client.ts';

/**
 * Workloads as their controllers would make them. No controller runs beside the test API server, so these
 * functions play it: real objects, linked by owner references with the UIDs that the server gave.
 */

/** As much of an object as tests look at. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/** What a workload is called and how many Pods it gets; one by default. */
export interface WorkloadInput {
  readonly namespace: string;
  readonly name: string;
  readonly pods?: number;
}

/** A workload and its Pods. */
export interface Workload {
  readonly workload: KubeObject;
  readonly pods: readonly KubeObject[];
}

export interface PodInput {
  readonly namespace: string;
  /** The whole name, or its beginning when the server is to complete it, as most controllers have it. */
  readonly name: string | { readonly prefix: string };
  /** Its controller; none by default. */
  readonly owner?: KubeObject;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The node that it is bound to; none by default. */
  readonly node?: string;
}

/** A Pod that stays Pending: there is no scheduler. */
export function createPod(
  api: ApiClient,
  { namespace, name, owner, labels, annotations, node }: PodInput,
): Promise<KubeObject> {
  const naming = typeof name === 'string' ? { name } : { generateName: name.prefix };
  return create(api, 'v1', 'Pod', {
    metadata: { ...naming, namespace, labels, annotations, ownerReferences: controlledBy(owner) },
    spec: { ...podSpec, nodeName: node },
  });
}

/** The openGauss operator's cluster; it makes Pods itself and names them by their address. */
export async function createOpenGaussCluster(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const { namespace, name } = input;
  const workload = await create(api, 'opengauss.sig/v1', 'OpenGaussCluster', {
    metadata: { namespace, name },
  });
  return withPods(api, workload, input, (index) => ({
    name: `og-${name}-pod-172x16x0x${index + 3}`,
    labels: {
      'app.kubernetes.io/app': 'opengauss',
      'app.kubernetes.io/name': name,
      'opengauss.role': index === 0 ? 'primary' : 'standby',
    },
  }));
}

/** OpenKruise's CloneSet. */
export async function createCloneSet(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const workload = await create(api, 'apps.kruise.io/v1alpha1', 'CloneSet', templated(input));
  return withPods(api, workload, input, () => ({
    name: { prefix: `${input.name}-` },
    labels: appLabels(input),
  }));
}

/** OpenKruise's Advanced StatefulSet: the kind StatefulSet of another API group. */
export async function createAdvancedStatefulSet(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const workload = await create(api, 'apps.kruise.io/v1beta1', 'StatefulSet', templated(input));
  return withPods(api, workload, input, (index) => {
    const name = `${input.name}-${index}`;
    return { name, labels: { ...appLabels(input), 'statefulset.kubernetes.io/pod-name': name } };
  });
}

/** A Deployment with one ReplicaSet. */
export async function createDeployment(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const workload = await create(api, 'apps/v1', 'Deployment', templated(input));
  return withReplicaSet(api, workload, input, 'pod-template-hash');
}

/** Argo's Rollout with one ReplicaSet. */
export async function createRollout(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const workload = await create(api, 'argoproj.io/v1alpha1', 'Rollout', templated(input));
  return withReplicaSet(api, workload, input, 'rollouts-pod-template-hash');
}

/** A DaemonSet. */
export async function createDaemonSet(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const { replicas: _none, ...spec } = templated(input).spec;
  const workload = await create(api, 'apps/v1', 'DaemonSet', { ...templated(input), spec });
  return withPods(api, workload, input, () => ({
    name: { prefix: `${input.name}-` },
    labels: appLabels(input),
  }));
}

/** A CronJob with one Job. */
export async function createCronJob(api: ApiClient, input: WorkloadInput): Promise<Workload> {
  const { namespace, name } = input;
  const jobSpec = { template: { spec: { ...podSpec, restartPolicy: 'Never' } } };
  const workload = await create(api, 'batch/v1', 'CronJob', {
    metadata: { namespace, name },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: jobSpec } },
  });
  // The controller puts the scheduled minute, counted from 1970, into the name.
  const jobName = `${name}-29187540`;
  const job = await create(api, 'batch/v1', 'Job', {
    metadata: { namespace, name: jobName, ownerReferences: controlledBy(workload) },
    spec: jobSpec,
  });
  const { pods } = await withPods(api, job, input, () => ({
    name: { prefix: `${jobName}-` },
    labels: {
      'batch.kubernetes.io/job-name': jobName,
      'batch.kubernetes.io/controller-uid': job.metadata.uid,
    },
  }));
  return { workload, pods };
}

const podSpec = { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] };

const plurals: Readonly<Record<string, string>> = {
  Pod: 'pods',
  ReplicaSet: 'replicasets',
  Deployment: 'deployments',
  DaemonSet: 'daemonsets',
  StatefulSet: 'statefulsets',
  Job: 'jobs',
  CronJob: 'cronjobs',
  CloneSet: 'clonesets',
  Rollout: 'rollouts',
  OpenGaussCluster: 'opengaussclusters',
};

interface Draft {
  readonly metadata: { readonly namespace: string } & Readonly<Record<string, unknown>>;
  readonly spec?: unknown;
}

function create(api: ApiClient, apiVersion: string, kind: string, draft: Draft): Promise<KubeObject> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const path = `${root}/namespaces/${draft.metadata.namespace}/${plurals[kind]}`;
  return api.request<KubeObject>('POST', path, { apiVersion, kind, ...draft });
}

function controlledBy(owner: KubeObject | undefined) {
  if (!owner) return undefined;
  const { apiVersion, kind, metadata } = owner;
  return [
    { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true },
  ];
}

function appLabels({ name }: WorkloadInput): Record<string, string> {
  return { app: name };
}

function templated(input: WorkloadInput) {
  const { namespace, name, pods = 1 } = input;
  const labels = appLabels(input);
  return {
    metadata: { namespace, name, labels },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec },
    },
  };
}

async function withReplicaSet(
  api: ApiClient,
  workload: KubeObject,
  input: WorkloadInput,
  hashLabel: string,
): Promise<Workload> {
  const hash = '7c5ddbdf54';
  const labels = { ...appLabels(input), [hashLabel]: hash };
  const draft = templated(input);
  const replicaSet = await create(api, 'apps/v1', 'ReplicaSet', {
    metadata: {
      ...draft.metadata,
      name: `${input.name}-${hash}`,
      labels,
      ownerReferences: controlledBy(workload),
    },
    spec: {
      ...draft.spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: podSpec },
    },
  });
  const { pods } = await withPods(api, replicaSet, input, () => ({
    name: { prefix: `${input.name}-${hash}-` },
    labels,
  }));
  return { workload, pods };
}

/** The Pods of one owner, all created at once. */
async function withPods(
  api: ApiClient,
  owner: KubeObject,
  { namespace, pods: count = 1 }: WorkloadInput,
  describePod: (index: number) => Pick<PodInput, 'name' | 'labels'>,
): Promise<Workload> {
  const pods = await Promise.all(
    Array.from({ length: count }, (_none, index) =>
      createPod(api, { namespace, owner, ...describePod(index) }),
    ),
  );
  return { workload: owner, pods };
}
