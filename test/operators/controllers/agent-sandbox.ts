import { type Controller, commonFlags } from '../controller.ts';

/** https://agent-sandbox.sigs.k8s.io */
export const agentSandbox: Controller = {
  name: 'agent-sandbox',
  module: 'sigs.k8s.io/agent-sandbox',
  version: 'v0.5.6',
  sum: 'h1:+lIxbO5MIPYqmnbv4eWZDm+bh9Y6qHvZ+qXEe4MJVkU=',
  package: './cmd/agent-sandbox-controller',
  minutes: 3,
  definitions: ['k8s/crds'],
  flags: (place) => [...commonFlags(place), '--extensions', '--enable-webhook=false'],
  given: 'CRDs without their conversion webhook, which a flag switches off',
  samples: [
    {
      title: 'a sandbox',
      manifests: `
apiVersion: agents.x-k8s.io/v1beta1
kind: Sandbox
metadata: { name: notebook }
spec:
  podTemplate:
    spec:
      containers: [{ name: main, image: "example.com/python:1" }]
`,
      pods: [{ pod: 'notebook', expected: 'Sandbox notebook' }],
    },
    {
      title: 'a warm pool',
      manifests: `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: { name: python }
spec:
  podTemplate:
    spec:
      containers: [{ name: main, image: "example.com/python:1" }]
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: { name: warm }
spec:
  replicas: 2
  sandboxTemplateRef: { name: python }
`,
      pods: [{ pod: 'warm-*', count: 2, expected: 'SandboxWarmPool warm' }],
    },
    {
      title: 'a claim on the warm pool',
      manifests: `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: { name: alice }
spec:
  warmPoolRef: { name: warm }
`,
      pods: [
        { pod: 'warm-*', expected: 'SandboxClaim alice' },
        { pod: 'warm-*', count: 2, expected: 'SandboxWarmPool warm' },
      ],
    },
    {
      title: 'a claim on an empty pool',
      manifests: `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: { name: cold }
spec:
  replicas: 0
  sandboxTemplateRef: { name: python }
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxClaim
metadata: { name: bob }
spec:
  warmPoolRef: { name: cold }
`,
      pods: [{ pod: 'bob', expected: 'SandboxClaim bob' }],
    },
  ],
};
