import { type KubeClient, metadataListAccept } from '../../../operator/kube/client/client.ts';
import { isGone } from '../../../operator/kube/client/errors.ts';
import { listPages } from '../../../operator/kube/client/list.ts';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import {
  type AnnotationKeys,
  type Carried,
  noAnnotations,
  sameCarried,
} from '../../../operator/pods/annotations/annotations.ts';

/** A Pod to be cleaned; another one of that name is left alone. */
export interface PodIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly carried: Carried;
}

/** Lists the Pods of the cluster that have an annotation of the operator, or what it mirrored. @throws the signal's reason on abort */
export async function findAnnotatedPods(
  client: KubeClient,
  keys: AnnotationKeys,
  signal: AbortSignal,
): Promise<PodIdentity[]> {
  try {
    return await listOnce(client, keys, signal);
  } catch (error) {
    // The list was so long that its beginning is history: once more, from there.
    if (isGone(error)) return await listOnce(client, keys, signal);
    throw error;
  }
}

async function listOnce(
  client: KubeClient,
  keys: AnnotationKeys,
  signal: AbortSignal,
): Promise<PodIdentity[]> {
  const found: PodIdentity[] = [];
  const pages = listPages<KubeObject>({
    client,
    path: '/api/v1/pods',
    query: {},
    accept: metadataListAccept,
    pageSize: 1_000,
    signal,
  });
  for await (const { items } of pages) {
    for (const { metadata } of items) {
      const { namespace = '', name, uid } = metadata;
      const carried = keys.read(metadata);
      if (!sameCarried(carried, noAnnotations)) found.push({ namespace, name, uid, carried });
    }
  }
  return found;
}
