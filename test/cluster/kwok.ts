import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import type { ApiClient } from './api-client.ts';
import { ensureBinaries } from './binaries.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { streamProgress } from './progress.ts';
import { binaryNames } from './versions.ts';

/**
 * A cluster without machines: a real API server, the real controllers, and kwok in place of the kubelets. A
 * Deployment gets its ReplicaSet and Pods, the Pods run, a Job ends, what is deleted goes. Nothing schedules:
 * a Pod without a nodeName gets one at its creation, see kwok/placement.yaml.
 */
export interface Cluster extends ControlPlane {
  /** The names of its Nodes: `node-0` and so on. */
  readonly nodes: readonly string[];
}

export interface ClusterOptions extends ControlPlaneOptions {
  /** How many Nodes it has; 1 by default. */
  readonly nodes?: number;
}

const file = (name: string) => fileURLToPath(new URL(`./kwok/${name}`, import.meta.url));

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kwok in about 6 s; before that gets their binaries, if this
 * is the first time. All end with stop(), or with this process.
 */
export async function startCluster({ nodes: count = 1, ...options }: ClusterOptions = {}): Promise<Cluster> {
  const progress = options.progress ?? streamProgress(process.stderr);
  const { paths } = await ensureBinaries(binaryNames, progress);
  const plane = await startControlPlane({ ...options, progress });
  const daemons: Daemon[] = [];
  const stop = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await plane.stop();
  };
  try {
    const { directory, kubeconfigPath, api } = plane;
    const nodes = Array.from({ length: count }, (_none, index) => `node-${index}`);
    await plane.kubectl(['apply', '-f', file('placement.yaml')]);
    await Promise.all(nodes.map((name) => createNode(api, name)));
    const daemon = async (
      name: 'kwok' | 'kube-controller-manager',
      args: string[],
      isReady: () => Promise<boolean>,
    ) => {
      const flags = [`--kubeconfig=${kubeconfigPath}`, ...args];
      daemons.push(await startDaemon({ directory, name, binary: paths[name], args: flags, isReady }));
    };
    const started = await Promise.allSettled([
      daemon('kube-controller-manager', controllerManagerFlags(plane), () => hasDefaultAccount(api)),
      daemon('kwok', kwokFlags, () => areReady(api, nodes)),
    ]);
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
    await placementWorks(api);
    return { ...plane, nodes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Without the limits that spare a production API server: a test waits for what the controllers do. */
function controllerManagerFlags({ directory }: ControlPlane): string[] {
  const certificate = (name: string) => join(directory, 'certs', name);
  return [
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=1000',
    '--kube-api-burst=1000',
    `--root-ca-file=${certificate('ca.crt')}`,
    `--service-account-private-key-file=${certificate('service-account.key')}`,
  ];
}

/** The lease shows the node controller that a Node lives. */
const kwokFlags = [
  `--config=${file('config.yaml')}`,
  '--v=WARN',
  '--manage-all-nodes=true',
  '--node-lease-duration-seconds=40',
];

async function createNode(api: ApiClient, name: string): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok' };
  await api.request('POST', '/api/v1/nodes', { metadata: { name, labels } });
}

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly taints?: readonly unknown[] };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** All run, and the controller manager has taken the taint of a new Node off. */
async function areReady(api: ApiClient, names: readonly string[]): Promise<boolean> {
  const { items } = await api.request<NodeList>('GET', '/api/v1/nodes');
  return names.every((name) =>
    items.some(
      ({ metadata, spec, status }) =>
        metadata.name === name &&
        spec.taints === undefined &&
        status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    ),
  );
}

async function hasDefaultAccount(api: ApiClient): Promise<boolean> {
  await api.request('GET', '/api/v1/namespaces/default/serviceaccounts/default');
  return true;
}

/** The API server takes a second to put a new policy to work. */
async function placementWorks(api: ApiClient): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods?dryRun=All';
  const spec = { containers: [{ name: 'main', image: 'none' }] };
  await eventually('new Pods to get a Node', async () => {
    const metadata = { name: `placement-${randomUUID()}` };
    const pod = await api.request<{ spec: { nodeName?: string } }>('POST', pods, { metadata, spec });
    return pod.spec.nodeName;
  });
}
