import type { KubeClient, KubeRequest } from '../../operator/kube/client/client.ts';
import { listPages } from '../../operator/kube/client/list.ts';
import type { Identified, KubeObject } from '../../operator/kube/client/types.ts';

/** Makes the API server check and answer, and change nothing. */
export function dryRunQuery(isDryRun: boolean): { readonly dryRun?: 'All' } {
  return isDryRun ? { dryRun: 'All' } : {};
}

/** What a call gives; undefined when it ends in an error that was to be expected. */
export async function undefinedIf<T>(
  isExpected: (error: unknown) => boolean,
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
}

export interface ListOptions extends Pick<KubeRequest, 'query' | 'accept' | 'signal'> {
  /** Objects a page at the most. */
  readonly pageSize?: number;
}

/** The objects of a collection, read page by page. */
export async function* listObjects<T extends Identified = KubeObject>(
  client: KubeClient,
  path: string,
  { query = {}, accept, signal = new AbortController().signal, pageSize = 500 }: ListOptions = {},
): AsyncGenerator<T> {
  for await (const { items } of listPages<T>({ client, path, query, accept, pageSize, signal })) yield* items;
}
