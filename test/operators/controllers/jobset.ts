import { type Controller, commonFlags } from '../controller.ts';

/** https://jobset.sigs.k8s.io */
export const jobset: Controller = {
  name: 'jobset',
  module: 'sigs.k8s.io/jobset',
  version: 'v0.12.0',
  sum: 'h1:YYPuV0px8Ongq/RXmJg6V0w2UC67aiR+rCMD06vhQQQ=',
  package: '.',
  minutes: 3,
  definitions: ['config/components/crd/bases'],
  webhooks: 'config/components/webhook/manifests.yaml',
  files: ({ ports, certificates }) => ({
    'jobset.yaml': `
apiVersion: config.jobset.x-k8s.io/v1alpha1
kind: Configuration
internalCertManagement: { enable: false }
webhook: { port: ${ports.webhook}, certDir: ${certificates} }
metrics: { certDir: ${certificates} }
`,
  }),
  flags: (place) => [`--config=${place.directory}/jobset.yaml`, ...commonFlags(place)],
  given: 'its webhooks, with a certificate of the test',
  samples: [
    {
      title: 'a driver and two workers',
      manifests: `
apiVersion: jobset.x-k8s.io/v1alpha2
kind: JobSet
metadata: { name: pi }
spec:
  replicatedJobs:
    - name: driver
      template:
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{ name: driver, image: "example.com/driver:1" }]
    - name: workers
      replicas: 2
      template:
        spec:
          parallelism: 2
          completions: 2
          template:
            spec:
              restartPolicy: Never
              containers: [{ name: worker, image: "example.com/worker:1" }]
`,
      pods: [
        { pod: 'pi-driver-0-0-*', expected: 'JobSet pi' },
        { pod: 'pi-workers-0-*', count: 2, expected: 'JobSet pi' },
        { pod: 'pi-workers-1-*', count: 2, expected: 'JobSet pi' },
      ],
    },
  ],
};
