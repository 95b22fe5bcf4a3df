import type { ApiClient } from '../cluster/api-client.ts';

/** What the tests create in namespaces. */
const contents = [
  '/api/v1/pods',
  '/apis/policy/v1/poddisruptionbudgets',
  '/apis/apps/v1/replicasets',
  '/apis/apps/v1/deployments',
];

/**
 * Deletes a namespace and all in it. No controller runs here, so this plays the namespace controller, in its order:
 * the namespace is terminating, its contents go, then its finalizer.
 */
export async function deleteNamespace(api: ApiClient, name: string): Promise<void> {
  await api.request('DELETE', `/api/v1/namespaces/${name}`);
  for (const content of contents) {
    const collection = content.replace(/[^/]+$/, `namespaces/${name}/$&`);
    const { items } = await api.request<{ items: { metadata: { name: string } }[] }>('GET', collection);
    for (const { metadata } of items) {
      await api.request('DELETE', `${collection}/${metadata.name}?gracePeriodSeconds=0`);
    }
  }
  const namespace = await api.request<{ spec: object }>('GET', `/api/v1/namespaces/${name}`);
  await api.request('PUT', `/api/v1/namespaces/${name}/finalize`, {
    ...namespace,
    spec: { ...namespace.spec, finalizers: [] },
  });
}
