import type { Controller } from '../controller.ts';
import { configMapsOf } from '../manifests.ts';
import { knative } from './knative.ts';

const predictor = 'predictor: { containers: [{ name: kserve-container, image: "dev.local/model:1" }] }';

/** https://kserve.github.io/website */
export const kserve: Controller = {
  name: 'kserve',
  module: 'github.com/kserve/kserve',
  version: 'v0.20.0',
  sum: 'h1:Bs7HxmGV4KFqqptDcWseKv+mwD4YOYHJWcuVgPG2Gug=',
  package: './cmd/manager',
  minutes: 5,
  definitions: ['config/crd/full'],
  webhooks: 'config/webhook/manifests.yaml',
  objects: async ({ module }) =>
    (await configMapsOf(module, ['config/configmap/inferenceservice.yaml'])).replaceAll(
      '"disableIngressCreation": false',
      '"disableIngressCreation": true',
    ),
  flags: ({ ports }) => [
    `--metrics-addr=127.0.0.1:${ports.metrics}`,
    `--health-probe-addr=127.0.0.1:${ports.probes}`,
    `--webhook-port=${ports.webhook}`,
  ],
  environment: ({ namespace }) => ({
    POD_NAMESPACE: namespace,
    KNATIVE_CONFIG_AUTOSCALER_NAMESPACE: namespace,
  }),
  beside: [knative],
  given: 'its webhooks, with a certificate of the test; Knative; no ingress',
  samples: [
    {
      title: 'a model on a Deployment, and one on Knative',
      manifests: `
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: iris
  annotations: { serving.kserve.io/deploymentMode: Standard }
spec:
  ${predictor}
---
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: digits
  annotations: { serving.kserve.io/deploymentMode: Knative }
spec:
  ${predictor}
`,
      pods: [
        { pod: 'iris-predictor-*', expected: 'InferenceService iris' },
        { pod: 'digits-predictor-*', expected: 'InferenceService digits' },
      ],
    },
  ],
};
