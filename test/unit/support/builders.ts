import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import type { KubeObject, ObjectMeta, OwnerReference } from '../../../operator/kube/client/types.ts';

/** A Pod as the API server shows it, valid by default: `default/web-0`, without owners. */
export function makePod(metadata: Partial<ObjectMeta> = {}): KubeObject {
  const name = metadata.name ?? 'web-0';
  const namespace = metadata.namespace ?? 'default';
  return { metadata: { name, namespace, uid: `uid-of-${name}`, resourceVersion: '10', ...metadata } };
}

/** The entry of managedFields by which the API server notes that this manager wrote these. */
export function writtenBy(
  manager: string,
  written: { readonly labels?: object; readonly annotations?: object },
): object {
  const fields = (values: object = {}) =>
    Object.fromEntries(Object.keys(values).map((key) => [`f:${key}`, {}]));
  return {
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': fields(written.labels), 'f:annotations': fields(written.annotations) },
    },
  };
}

/** A controller owner reference. */
export function makeOwner(apiVersion: string, kind: string, name: string): OwnerReference {
  return { apiVersion, kind, name, uid: `uid-of-${kind}-${name}`, controller: true };
}

/** A LuaPlugin as the API server shows it, valid by default. */
export function makePlugin(
  name: string,
  spec: Partial<LuaPluginSpec> = {},
  metadata: Partial<ObjectMeta> = {},
): LuaPlugin {
  return {
    apiVersion: 'luaplugin.dev/v1alpha1',
    kind: 'LuaPlugin',
    metadata: { name, uid: `uid-of-${name}`, generation: 1, resourceVersion: '1', ...metadata },
    spec: {
      script: 'function GetWorkloadTypeAndName() return "", "" end',
      priority: 0,
      suspend: false,
      mode: 'Enforce',
      limits: { timeout: '50ms', memory: '16Mi' },
      revisionHistoryLimit: 10,
      ...spec,
    },
  };
}
