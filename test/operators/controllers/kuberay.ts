import type { Controller } from '../controller.ts';

const pod = (name: string) => `
      template:
        spec:
          containers: [{ name: ${name}, image: "example.com/ray:2" }]`;

/** A head and a worker, indented for `rayClusterSpec`. */
const cluster = `
    headGroupSpec:
      rayStartParams: {}${pod('head')}
    workerGroupSpecs:
      - groupName: small
        replicas: 1
        minReplicas: 1
        maxReplicas: 1
        rayStartParams: {}${pod('worker').replaceAll('\n', '\n  ')}`;

/** https://docs.ray.io/en/latest/cluster/kubernetes */
export const kuberay: Controller = {
  name: 'kuberay',
  module: 'github.com/ray-project/kuberay/ray-operator',
  version: 'v1.5.0',
  sum: 'h1:KCjCQ7PSsvs9Ke+90CZbbs498nuaIJ/JkXk4vd54EVg=',
  package: '.',
  minutes: 3,
  definitions: ['config/crd/bases'],
  flags: ({ ports, namespace }) => [
    `--metrics-addr=127.0.0.1:${ports.metrics}`,
    `--health-probe-bind-address=127.0.0.1:${ports.probes}`,
    '--enable-leader-election=false',
    `--watch-namespace=${namespace}`,
  ],
  given: 'nothing; no Ray answers, so a job stays at its submission, a service at its first cluster',
  samples: [
    {
      title: 'a cluster',
      manifests: `
apiVersion: ray.io/v1
kind: RayCluster
metadata: { name: shared }
spec:${cluster.replaceAll('\n  ', '\n')}
`,
      pods: [
        { pod: 'shared-head*', expected: 'RayCluster shared' },
        { pod: 'shared-small-worker-*', expected: 'RayCluster shared' },
      ],
    },
    {
      title: 'a job',
      manifests: `
apiVersion: ray.io/v1
kind: RayJob
metadata: { name: train }
spec:
  entrypoint: python train.py
  rayClusterSpec:${cluster}
`,
      pods: [
        { pod: 'train-*-head*', expected: 'RayJob train' },
        { pod: 'train-*-small-worker-*', expected: 'RayJob train' },
        { pod: 'train-*', expected: 'RayJob train' },
      ],
    },
    {
      title: 'a service',
      manifests: `
apiVersion: ray.io/v1
kind: RayService
metadata: { name: serve }
spec:
  serveConfigV2: |
    applications: []
  rayClusterConfig:${cluster}
`,
      pods: [
        { pod: 'serve-*-head*', expected: 'RayService serve' },
        { pod: 'serve-*-small-worker-*', expected: 'RayService serve' },
      ],
    },
  ],
};
