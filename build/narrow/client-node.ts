/**
 * What the built program has of @kubernetes/client-node: the kubeconfig and its authentication. The typed clients are
 * 15 MB of classes that nothing calls; operator/kube/client/client.ts speaks to the API server.
 */
export { KubeConfig } from '@kubernetes/client-node/dist/config.js';

/** dot-i's constructor makes one, and nothing here uses it. */
export class CoreV1Api {}
