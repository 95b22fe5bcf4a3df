import { createHash } from 'node:crypto';
import type { KubeObject, ObjectMeta } from '../../../operator/kube/client/types.ts';

/** Pods of one workload, as they stand next to each other in a list. */
const podsPerWorkload = 20;
const workloadsPerNamespace = 100;

/**
 * The Pod of that number, as a Deployment's Pods look in a cluster with a service mesh and a CNI that annotates: 1.4 KB
 * of metadata that a plugin sees, and 1.2 KB of managedFields, which the API server always sends along.
 */
export function makePod(index: number): KubeObject {
  const workload = Math.floor(index / podsPerWorkload);
  const namespace = `team-${String(Math.floor(workload / workloadsPerNamespace)).padStart(2, '0')}`;
  const app = `service-${String(workload).padStart(4, '0')}`;
  const templateHash = hex(`template ${workload}`, 10);
  const name = `${app}-${templateHash}-${hex(`pod ${index}`, 5)}`;
  const address = `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const created = new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString().replace('.000', '');
  const metadata: ObjectMeta & { generateName: string } = {
    name,
    generateName: `${app}-${templateHash}-`,
    namespace,
    uid: uuid(`pod ${index}`),
    resourceVersion: String(1000 + index),
    generation: 1,
    creationTimestamp: created,
    labels: {
      app,
      'app.kubernetes.io/component': 'backend',
      'app.kubernetes.io/instance': app,
      'app.kubernetes.io/managed-by': 'Helm',
      'app.kubernetes.io/name': app,
      'app.kubernetes.io/version': '2.14.3',
      'pod-template-hash': templateHash,
      'security.istio.io/tlsMode': 'istio',
      'service.istio.io/canonical-name': app,
      'service.istio.io/canonical-revision': 'latest',
    },
    annotations: {
      'checksum/config': hex(`config ${workload}`, 64),
      'cni.projectcalico.org/containerID': hex(`container ${index}`, 64),
      'cni.projectcalico.org/podIP': `${address}/32`,
      'cni.projectcalico.org/podIPs': `${address}/32`,
      'kubectl.kubernetes.io/default-container': app,
      'prometheus.io/path': '/metrics',
      'prometheus.io/port': '8080',
      'prometheus.io/scrape': 'true',
      'sidecar.istio.io/status':
        '{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}',
    },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: `${app}-${templateHash}`,
        uid: uuid(`owner ${workload}`),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
  return { metadata: { ...metadata, managedFields: managedFields(metadata, created) } };
}

function managedFields(metadata: ObjectMeta, time: string): unknown[] {
  const keys = (record: object | undefined) =>
    Object.fromEntries(Object.keys(record ?? {}).map((key) => [`f:${key}`, {}]));
  const common = { apiVersion: 'v1', fieldsType: 'FieldsV1', operation: 'Update', time };
  const owner = { [`k:{"uid":"${metadata.ownerReferences?.[0]?.uid}"}`]: {} };
  return [
    {
      ...common,
      manager: 'kube-controller-manager',
      fieldsV1: {
        'f:metadata': {
          'f:annotations': { '.': {}, ...keys(metadata.annotations) },
          'f:generateName': {},
          'f:labels': { '.': {}, ...keys(metadata.labels) },
          'f:ownerReferences': { '.': {}, ...owner },
        },
        'f:spec': { 'f:containers': {}, 'f:dnsPolicy': {}, 'f:restartPolicy': {}, 'f:schedulerName': {} },
      },
    },
    {
      ...common,
      manager: 'kubelet',
      subresource: 'status',
      fieldsV1: { 'f:status': { 'f:conditions': {}, 'f:phase': {}, 'f:podIP': {}, 'f:startTime': {} } },
    },
  ];
}

function hex(seed: string, length: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, length);
}

function uuid(seed: string): string {
  const digits = hex(seed, 32);
  return [8, 12, 16, 20].reduceRight((text, at) => `${text.slice(0, at)}-${text.slice(at)}`, digits);
}
