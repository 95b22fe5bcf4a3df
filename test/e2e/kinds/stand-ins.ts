import { findKind, groupOf } from '../../../operator/workloads/kinds.ts';
import type { PodFixture } from '../../unit/workloads/pod-fixtures.ts';

/** Groups that every API server serves. */
const builtInGroups = new Set(['', 'apps', 'batch']);

/** Whether Kubernetes itself has this kind, and its controllers are there. */
export function isBuiltIn(apiVersion: string): boolean {
  return builtInGroups.has(groupOf(apiVersion));
}

/** The plural of a custom kind. */
export function pluralOf(apiVersion: string, kind: string): string {
  return findKind(groupOf(apiVersion), kind)?.resource ?? `${kind.toLowerCase()}s`;
}

/**
 * Definitions that stand in for those of the operators in the fixtures: same group, kind and names, no schema.
 * @returns YAML (JSON is YAML), a document each
 */
export function standInDefinitions(fixtures: readonly PodFixture[]): string {
  const versions = new Map<string, { group: string; kind: string; plural: string; names: Set<string> }>();
  const references = fixtures.flatMap(({ metadata, owners }) => [
    ...(metadata.ownerReferences ?? []),
    ...owners.flatMap((owner) => [owner, ...(owner.ownerReferences ?? [])]),
  ]);
  for (const { apiVersion, kind } of references) {
    if (isBuiltIn(apiVersion)) continue;
    const [group = '', version = ''] = apiVersion.split('/');
    const plural = pluralOf(apiVersion, kind);
    const name = `${plural}.${group}`;
    const known = versions.get(name) ?? { group, kind, plural, names: new Set() };
    known.names.add(version);
    versions.set(name, known);
  }
  return [...versions].map(([name, one]) => JSON.stringify(definition(name, one))).join('\n---\n');
}

function definition(
  name: string,
  { group, kind, plural, names }: { group: string; kind: string; plural: string; names: Set<string> },
) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name,
      // Groups of the Kubernetes project want to know who approved them.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, stands in for the real one in a test' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [...names].sort().map((version, index) => ({
        name: version,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  };
}
