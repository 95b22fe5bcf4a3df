import type { Manifest } from '../../support/manifests.ts';

/** One request as RBAC sees it. */
export interface Access {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, as in `pods/status`. */
  readonly resource: string;
  /** Empty for a collection. */
  readonly name: string;
}

/** A call as a proxy sees it, with the status of its answer. */
export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly status: number;
}

/** One permission of a role: one verb on one resource, on the objects of one name if it names one. */
export interface Permission {
  readonly role: string;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name: string | undefined;
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/**
 * What the API server asks RBAC about a call: as a rule one thing; two when a PATCH made the object, and nothing for
 * what is no resource (discovery).
 */
export function accesses({ method, path, query, status }: ApiCall): Access[] {
  const match = /^\/(?:api|apis\/(?<group>[^/]+))\/v[^/]+\/(?:namespaces\/[^/]+\/(?=.))?(?<rest>.+)$/.exec(
    path,
  );
  const { group = '', rest } = match?.groups ?? {};
  if (rest === undefined) return [];
  const [plural = '', name = '', subresource] = rest.split('/');
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  const of = (verb: string) => ({ verb, group, resource, name });
  if (method === 'GET' || method === 'HEAD') {
    if (query.get('watch') === 'true') return [of('watch')];
    return [of(name === '' ? 'list' : 'get')];
  }
  const access = of(verbs[method] ?? method);
  return method === 'PATCH' && status === 201 ? [access, of('create')] : [access];
}

/** Every permission in the roles among these objects, but for those that are named. */
export function permissions(manifests: readonly Manifest[], except: readonly string[]): Permission[] {
  return manifests
    .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && !except.includes(metadata.name))
    .flatMap((manifest) => {
      const role = `${manifest.kind} ${manifest.metadata.name}`;
      const rules = (manifest.rules ?? []) as readonly Rule[];
      return rules.flatMap(({ apiGroups, resources, verbs: granted, resourceNames = [undefined] }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            granted.flatMap((verb) => resourceNames.map((name) => ({ role, verb, group, resource, name }))),
          ),
        ),
      );
    });
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Whether a permission is what lets a request pass. */
export function allows(permission: Permission, { verb, group, resource, name }: Access): boolean {
  const { name: onlyName = name } = permission;
  return (
    permission.verb === verb &&
    permission.group === group &&
    permission.resource === resource &&
    onlyName === name
  );
}
