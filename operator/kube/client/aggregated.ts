/**
 * Groups with a domain that the API server serves itself, of those that the operator calls. Groups without one (`apps`,
 * `batch`) are all its own.
 */
const ownGroups: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'coordination.k8s.io',
  'events.k8s.io',
]);

/**
 * Whether the API server may pass a call on to another, as it does for aggregated APIs (`metrics.k8s.io`). Groups of
 * CustomResourceDefinitions look the same. A Pod's owner reference may name any of them.
 */
export function mayBeAggregated(path: string): boolean {
  const group = /^\/apis\/([^/]+)\//.exec(path)?.[1] ?? '';
  return group.includes('.') && !ownGroups.has(group);
}
