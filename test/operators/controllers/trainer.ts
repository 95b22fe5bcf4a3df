import type { Controller } from '../controller.ts';
import { jobset } from './jobset.ts';

/** https://www.kubeflow.org/docs/components/trainer */
export const trainer: Controller = {
  name: 'trainer',
  module: 'github.com/kubeflow/trainer/v2',
  version: 'v2.3.0',
  sum: 'h1:Je+e7zvTLzB4qW09J1fB7pZrqvPtWuGng2NqdN5p5QU=',
  package: './cmd/trainer-controller-manager',
  minutes: 3,
  definitions: ['manifests/base/crds'],
  webhooks: 'manifests/base/webhook/manifests.yaml',
  files: ({ ports }) => ({
    'trainer.yaml': `
apiVersion: config.trainer.kubeflow.org/v1alpha1
kind: Configuration
certManagement: { enable: false }
webhook: { port: ${ports.webhook} }
leaderElection: { leaderElect: false }
metrics: { bindAddress: "127.0.0.1:${ports.metrics}", secureServing: false }
health: { healthProbeBindAddress: "127.0.0.1:${ports.probes}" }
featureGates: { TrainJobStatus: false }
`,
  }),
  flags: ({ directory }) => [`--config=${directory}/trainer.yaml`],
  beside: [jobset],
  given: 'its webhooks, with a certificate of the test; JobSet; a runtime of the test',
  samples: [
    {
      title: 'a training job on two nodes',
      manifests: `
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainingRuntime
metadata:
  name: torch
  labels: { trainer.kubeflow.org/framework: torch }
spec:
  mlPolicy:
    numNodes: 1
    torch: {}
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            metadata:
              labels: { trainer.kubeflow.org/trainjob-ancestor-step: trainer }
            spec:
              template:
                spec:
                  containers: [{ name: node, image: "example.com/torch:1" }]
---
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: { name: mnist }
spec:
  runtimeRef: { apiGroup: trainer.kubeflow.org, kind: TrainingRuntime, name: torch }
  trainer: { numNodes: 2 }
`,
      pods: [{ pod: 'mnist-node-0-*', count: 2, expected: 'TrainJob mnist' }],
    },
  ],
};
