import type { Controller } from '../controller.ts';

const container = (version: number) => `{ name: web, image: "example.com/web:${version}" }`;

/** A canary that waits after its first step, with a job that looks at it. */
const rollout = (version: number) => `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  strategy:
    canary:
      analysis:
        templates: [{ templateName: smoke }]
      steps:
        - setWeight: 50
        - pause: {}
  template:
    metadata: { labels: { app: web } }
    spec:
      containers: [${container(version)}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: smoke }
spec:
  metrics:
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                restartPolicy: Never
                containers: [{ name: smoke, image: "example.com/smoke:1" }]
`;

/** https://argo-rollouts.readthedocs.io */
export const argoRollouts: Controller = {
  name: 'argo-rollouts',
  module: 'github.com/argoproj/argo-rollouts',
  version: 'v1.10.1',
  sum: 'h1:6oyVPGiHHxu3ixkT6mngemh88HLPDoTX1IwO6KNR1Y4=',
  package: './cmd/rollouts-controller',
  minutes: 4,
  definitions: ['manifests/crds'],
  flags: ({ ports, kubeconfig, namespace }) => [
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${namespace}`,
    '--namespaced',
    `--metricsPort=${ports.metrics}`,
    `--healthzPort=${ports.probes}`,
    '--leader-elect=false',
  ],
  given: 'nothing',
  samples: [
    {
      title: 'a rollout',
      manifests: rollout(1),
      pods: [{ pod: 'web-*', count: 2, expected: 'Rollout web' }],
    },
    {
      title: 'its canary, and the job that looks at it',
      manifests: rollout(2),
      pods: [
        { pod: 'web-*', count: 2, expected: 'Rollout web' },
        // A Job < AnalysisRun < Rollout.
        { pod: '*smoke*', expected: 'Rollout web' },
      ],
    },
    {
      title: 'an experiment',
      manifests: `
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: { name: compare }
spec:
  templates:
    - name: baseline
      selector: { matchLabels: { app: compare } }
      template:
        metadata: { labels: { app: compare } }
        spec:
          containers: [${container(1)}]
`,
      pods: [{ pod: 'compare-baseline-*', expected: 'Experiment compare' }],
    },
  ],
};
