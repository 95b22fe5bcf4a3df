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

/** The label that every object of an install carries, and what it says. */
export const nameLabel = 'app.kubernetes.io/name';
export const installName = 'lua-plugin-operator';
