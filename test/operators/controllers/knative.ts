import { stringify } from 'yaml';
import { openDefinition } from '../../support/definitions.ts';
import type { Controller } from '../controller.ts';
import { configMapsOf } from '../manifests.ts';

/** Images of dev.local are not looked up in a registry. */
const container = 'containers: [{ name: user, image: "dev.local/web:1" }]';

/** https://knative.dev/docs/serving. Its probes take the port 8080, which can't be set. */
export const knative: Controller = {
  name: 'knative',
  module: 'knative.dev/serving',
  version: 'v0.49.0',
  sum: 'h1:5B1JsytwZ+5bh9vOCNnu4GQJ/m6oj61Z/rVKziAY6MA=',
  package: './cmd/controller',
  minutes: 4,
  definitions: ['config/core/300-resources'],
  definitionsElsewhere: [
    {
      module: 'knative.dev/networking',
      version: 'v0.0.0-20260422140718-e9578ef11562',
      sum: 'h1:3roePSDRNthOFDxwTISYPt2IYEXXVramzpHnH0NMGYs=',
      definitions: ['config'],
    },
  ],
  objects: async ({ module }) =>
    [
      await configMapsOf(module, ['config/core/configmaps']),
      stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config-network' } }),
      stringify(openDefinition('caching.internal.knative.dev', 'Image', 'v1alpha1')),
    ].join('---\n'),
  flags: ({ kubeconfig }) => [`--kubeconfig=${kubeconfig}`],
  environment: ({ ports, namespace }) => ({
    POD_NAME: 'controller',
    SYSTEM_NAMESPACE: namespace,
    CONFIG_LOGGING_NAME: 'config-logging',
    CONFIG_OBSERVABILITY_NAME: 'config-observability',
    METRICS_PROMETHEUS_PORT: String(ports.metrics),
  }),
  given:
    'its ConfigMaps; CRDs without its webhook, whose defaults the controller sets itself; no autoscaler and no ingress, so a revision keeps its first Pod',
  samples: [
    {
      title: 'a service, and a configuration without one',
      manifests: `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
  template:
    spec:
      ${container}
---
apiVersion: serving.knative.dev/v1
kind: Configuration
metadata: { name: bare }
spec:
  template:
    spec:
      ${container}
`,
      pods: [
        { pod: 'hello-00001-deployment-*', expected: 'Service hello' },
        { pod: 'bare-00001-deployment-*', expected: 'Configuration bare' },
      ],
    },
  ],
};
