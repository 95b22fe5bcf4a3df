import type { Controller } from '../controller.ts';

/** https://lws.sigs.k8s.io */
export const lws: Controller = {
  name: 'lws',
  module: 'sigs.k8s.io/lws',
  version: 'v0.8.0',
  sum: 'h1:DdhJ8QabwTfWgbgaHH2gdf8twliioHaoSfmDXRYEVU0=',
  package: './cmd',
  minutes: 3,
  definitions: ['config/crd/bases'],
  webhooks: 'config/webhook/manifests.yaml',
  files: ({ ports, certificates }) => ({
    'lws.yaml': `
apiVersion: config.lws.x-k8s.io/v1alpha1
kind: Configuration
internalCertManagement: { enable: false }
webhook: { port: ${ports.webhook}, certDir: ${certificates} }
leaderElection: { leaderElect: false }
metrics: { bindAddress: "127.0.0.1:${ports.metrics}" }
health: { healthProbeBindAddress: "127.0.0.1:${ports.probes}" }
`,
  }),
  flags: ({ directory }) => [`--config=${directory}/lws.yaml`],
  given: 'its webhooks, with a certificate of the test',
  samples: [
    {
      title: 'two groups of a leader and a worker',
      manifests: `
apiVersion: leaderworkerset.x-k8s.io/v1
kind: LeaderWorkerSet
metadata: { name: llama }
spec:
  replicas: 2
  leaderWorkerTemplate:
    size: 2
    leaderTemplate:
      spec:
        containers: [{ name: leader, image: "example.com/vllm:1" }]
    workerTemplate:
      spec:
        containers: [{ name: worker, image: "example.com/vllm:1" }]
`,
      pods: [
        { pod: 'llama-0', expected: 'LeaderWorkerSet llama' },
        { pod: 'llama-1', expected: 'LeaderWorkerSet llama' },
        { pod: 'llama-0-1', expected: 'LeaderWorkerSet llama' },
        { pod: 'llama-1-1', expected: 'LeaderWorkerSet llama' },
      ],
    },
  ],
};
