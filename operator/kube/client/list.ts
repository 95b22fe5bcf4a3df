import type { KubeClient, KubeRequest } from './client.ts';
import { ConnectionError } from './errors.ts';
import type { Identified } from './types.ts';

/** Pages of big objects on a slow server take a while; half a minute is too short for 5,000 of them. */
const pageTimeoutMs = 60_000;
/** One object is there at once, or the connection is dead. */
const probeTimeoutMs = 5_000;

/** What to list. */
export interface ListRequest {
  readonly client: KubeClient;
  readonly path: string;
  readonly query: KubeRequest['query'];
  readonly accept: string | undefined;
  /** Objects a page at the most; the server may send fewer. */
  readonly pageSize: number;
  /**
   * The answer may be as old as that, `0` for any age: the server takes it from its cache, in one page. Otherwise the
   * answer is as new as the server can make it, which may cost the server a read of all that is stored.
   */
  readonly notOlderThan?: string | undefined;
  readonly signal: AbortSignal;
}

/** One page; every page of one list shows the state at the same resourceVersion. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

interface ListBody<T> {
  apiVersion?: string;
  kind?: string;
  metadata: { resourceVersion?: string; continue?: string };
  items?: T[] | null;
}

/**
 * Lists page by page, so that neither side holds the whole list, unless it may come from the server's cache.
 * @throws ApiError (410 when the continue token expired: start again), ConnectionError.
 */
export async function* listPages<T extends Identified>(request: ListRequest): AsyncGenerator<ListPage<T>> {
  const { client, path, query, accept, pageSize, notOlderThan, signal } = request;
  let token: string | undefined;
  let resourceVersion: string | undefined;
  // With a limit, a server before 1.34 would leave its cache aside.
  const fromCache =
    notOlderThan === undefined
      ? undefined
      : { resourceVersion: notOlderThan, resourceVersionMatch: 'NotOlderThan' };
  do {
    const body: ListBody<T> = await client.request<ListBody<T>>({
      method: 'GET',
      path,
      query: { ...query, ...(fromCache ?? { limit: pageSize, continue: token }) },
      accept,
      signal,
      timeoutMs: pageTimeoutMs,
    });
    checkList(body, path);
    resourceVersion ??= body.metadata.resourceVersion ?? '';
    token = body.metadata.continue || undefined;
    const items = body.items ?? [];
    for (const item of items) nameType(item, body);
    yield { items, resourceVersion };
  } while (token !== undefined);
}

/** The resourceVersion that a list would show now, at the cost of one object. @throws as listPages */
export async function currentVersion(
  request: Omit<ListRequest, 'pageSize' | 'notOlderThan'>,
): Promise<string> {
  const { client, path, query, accept, signal } = request;
  const body = await client.request<ListBody<unknown>>({
    method: 'GET',
    path,
    query: { ...query, limit: 1 },
    accept,
    signal,
    timeoutMs: probeTimeoutMs,
  });
  checkList(body, path);
  return body.metadata.resourceVersion ?? '';
}

/**
 * What stands between the operator and the API server can answer 200 with anything; taken for an empty list it would
 * delete all that is known.
 */
function checkList(body: Partial<ListBody<unknown>> | null, path: string): void {
  const { kind, metadata, items } = body ?? {};
  const isList = kind?.endsWith('List') && (items === null || items === undefined || Array.isArray(items));
  if (!isList || !metadata?.resourceVersion) {
    throw new ConnectionError(`the answer to the list of ${path} is no list`, { code: 'BAD_ANSWER' });
  }
}

/** Items of a typed list come without apiVersion and kind, those of a watch with them: make them the same. */
function nameType(item: Identified, list: ListBody<unknown>): void {
  if (list.apiVersion) item.apiVersion ??= list.apiVersion;
  if (list.kind?.endsWith('List')) item.kind ??= list.kind.slice(0, -'List'.length);
}
