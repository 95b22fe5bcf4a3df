import type { KubeObject } from '../../operator/kube/client/types.ts';
import { structured } from '../output/format.ts';

/** An object to be applied, as kustomize renders it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** Absent for cluster-scoped objects. */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** As kubectl names an object: `deployment.apps/lua-plugin-operator`. */
export function referenceTo({ apiVersion, kind, metadata }: Manifest): string {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

/** The same for two manifests of one object. */
export function identityOf(manifest: Manifest): string {
  return `${manifest.metadata.namespace ?? ''} ${referenceTo(manifest)}`;
}

/** An object that is to be on the cluster, its path there, and what has that now. */
export interface Target {
  readonly manifest: Manifest;
  readonly path: string;
  /** Undefined: there is none. */
  readonly present: KubeObject | undefined;
}

/** The Helm release that an object belongs to. */
export function helmRelease(object: KubeObject | undefined): string | undefined {
  return object?.metadata.annotations?.['meta.helm.sh/release-name'];
}

/** Fit for `kubectl apply -f -`. */
export async function asText(manifests: readonly Manifest[], format: 'yaml' | 'json'): Promise<string> {
  if (format === 'json')
    return await structured({ apiVersion: 'v1', kind: 'List', items: manifests }, format);
  const documents = await Promise.all(manifests.map((manifest) => structured(manifest, format)));
  return documents.join('---\n');
}
