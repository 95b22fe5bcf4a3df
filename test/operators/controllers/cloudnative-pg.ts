import type { Controller } from '../controller.ts';

/** https://cloudnative-pg.io */
export const cloudnativePg: Controller = {
  name: 'cloudnative-pg',
  module: 'github.com/cloudnative-pg/cloudnative-pg',
  version: 'v1.30.0',
  sum: 'h1:fnhVq44xXx97MNiuvJsPrX1vSjYbgdyBK5MSGfdHdp0=',
  package: './cmd/manager',
  minutes: 4,
  definitions: ['config/crd/bases'],
  webhooks: 'config/webhook/manifests.yaml',
  // The instances' program for each architecture; only a hash of it is asked for.
  files: () => ({ [`operator/manager_${process.arch === 'x64' ? 'amd64' : process.arch}`]: 'instances' }),
  flags: ({ ports }) => [
    'controller',
    `--metrics-bind-address=127.0.0.1:${ports.metrics}`,
    `--webhook-port=${ports.webhook}`,
  ],
  environment: ({ certificates, namespace }) => ({
    OPERATOR_NAMESPACE: namespace,
    WATCH_NAMESPACE: namespace,
    OPERATOR_IMAGE_NAME: 'example.com/cloudnative-pg:1',
    WEBHOOK_CERT_DIR: certificates,
  }),
  given:
    "its webhooks, with a certificate of the test; a file in place of the instances' program; no PostgreSQL answers, so a cluster stays at its first instance",
  samples: [
    {
      title: 'a cluster and a pooler',
      manifests: `
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: orders }
spec:
  instances: 1
  storage: { size: 1Gi }
---
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: { name: orders-pooler }
spec:
  cluster: { name: orders }
  instances: 1
  type: rw
  pgbouncer: { poolMode: session }
`,
      pods: [
        { pod: 'orders-1-initdb-*', expected: 'Cluster orders' },
        { pod: 'orders-1', expected: 'Cluster orders' },
        { pod: 'orders-pooler-*', expected: 'Pooler orders-pooler' },
      ],
    },
  ],
};
