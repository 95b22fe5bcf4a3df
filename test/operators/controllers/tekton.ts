import type { Controller } from '../controller.ts';
import { configMapsOf } from '../manifests.ts';

const step = '{ name: main, image: "example.com/tool:1", command: [tool] }';

const images = [
  'entrypoint-image',
  'sidecarlogresults-image',
  'nop-image',
  'shell-image',
  'shell-image-win',
  'workingdirinit-image',
];

/** https://tekton.dev */
export const tekton: Controller = {
  name: 'tekton',
  module: 'github.com/tektoncd/pipeline',
  version: 'v1.15.0',
  sum: 'h1:ZGboFUaEdpYurZWqeGT5rn9e6qmomGL/gLSKhHp2vvQ=',
  package: './cmd/controller',
  minutes: 4,
  definitions: ['config/300-crds'],
  objects: ({ module }) => configMapsOf(module, ['config']),
  flags: ({ kubeconfig, namespace }) => [
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${namespace}`,
    '--disable-ha',
    ...images.map((image) => `--${image}=example.com/${image}:1`),
  ],
  environment: ({ ports, namespace }) => ({
    SYSTEM_NAMESPACE: namespace,
    METRICS_DOMAIN: 'tekton.dev/pipeline',
    METRICS_PROMETHEUS_PORT: String(ports.metrics),
    PROBES_PORT: String(ports.probes),
  }),
  given: 'its ConfigMaps; CRDs without its webhook, whose defaults the controller sets itself',
  samples: [
    {
      title: 'runs of pipelines and tasks',
      manifests: `
apiVersion: tekton.dev/v1
kind: Task
metadata: { name: lint }
spec:
  steps: [${step}]
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: { name: build }
spec:
  workspaces: [{ name: source }]
  tasks:
    - name: compile
      workspaces: [{ name: source, workspace: source }]
      taskSpec:
        workspaces: [{ name: source }]
        steps: [${step}]
    - name: check
      taskRef: { name: lint }
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { name: build-1 }
spec:
  pipelineRef: { name: build }
  workspaces:
    - name: source
      volumeClaimTemplate:
        spec:
          accessModes: [ReadWriteOnce]
          resources: { requests: { storage: 1Gi } }
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { name: lint-1 }
spec:
  taskRef: { name: lint }
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: { name: once }
spec:
  taskSpec:
    steps: [${step}]
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: { name: adhoc }
spec:
  pipelineSpec:
    tasks:
      - name: run
        taskSpec:
          steps: [${step}]
`,
      pods: [
        { pod: 'build-1-compile-pod', expected: 'Pipeline build' },
        { pod: 'build-1-check-pod', expected: 'Pipeline build' },
        { pod: 'affinity-assistant-*-0', expected: 'Pipeline build' },
        { pod: 'lint-1-pod', expected: 'Task lint' },
        { pod: 'once-pod', expected: 'TaskRun once' },
        // The run has no Pipeline, but its own name as that label.
        { pod: 'adhoc-run-pod', expected: 'Pipeline adhoc' },
      ],
    },
  ],
};
