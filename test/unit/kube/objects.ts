import type { KubeObject } from '../../../operator/kube/client/types.ts';

/** A Pod, valid by default. */
export function makePod(
  name: string,
  { uid = `uid-${name}`, version = '1' }: { uid?: string; version?: string } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid, resourceVersion: version },
  };
}

/** A page of a list of Pods. */
export function makePage(
  items: KubeObject[],
  { version = '100', next = '' }: { version?: string; next?: string } = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'PodList',
    metadata: { resourceVersion: version, ...(next ? { continue: next } : {}) },
    items,
  };
}

export function added(object: KubeObject): object {
  return { type: 'ADDED', object };
}

export function modified(object: KubeObject): object {
  return { type: 'MODIFIED', object };
}

export function deleted(object: KubeObject): object {
  return { type: 'DELETED', object };
}

export function bookmark(resourceVersion: string): object {
  return { type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion } } };
}

/** The ERROR event of a watch whose resourceVersion is gone. */
export function expired(): object {
  return {
    type: 'ERROR',
    object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' },
  };
}
