import type { Kubectl } from '../cluster/kubectl.ts';
import { eventually } from './eventually.ts';

/** A resource definition that lets everything through. */
export function openDefinition(group: string, kind: string, version = 'v1') {
  const singular = kind.toLowerCase();
  const plural = `${singular}${singular.endsWith('x') ? 'es' : 's'}`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

/**
 * Waits until resource definitions are served. kubectl 1.36 fails on one that is so new that its status has null for
 * conditions, and is asked again.
 * @param what their names, as in `crd/robots.example.com`, or `-f -`
 * @param input what kubectl reads for `-f -`
 */
export async function established(kubectl: Kubectl, what: readonly string[], input?: string): Promise<void> {
  await eventually('the definitions to be established', () =>
    kubectl(
      ['wait', '--for=condition=Established', '--timeout=2m', ...what],
      input === undefined ? {} : { input },
    ),
  );
}
