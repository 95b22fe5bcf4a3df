import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import type { ServedResource } from '../../../operator/kube/client/discovery.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { ObjectMeta, OwnerReference } from '../../../operator/kube/client/types.ts';
import { PushStream } from '../kube/fake-client.ts';

export const forbidden = new ApiError(403, { kind: 'Status', reason: 'Forbidden' });
export const notFound = new ApiError(404, { kind: 'Status', reason: 'NotFound' });

/** An API server that has owners, in the namespace `shop`, and may refuse to have them listed. */
export class OwnerServer implements KubeClient {
  /** `list Sets`, `watch Sets`, `get Sets/web-1`. */
  readonly calls: string[] = [];
  /** What is refused: the beginnings of calls. */
  readonly refused = new Map<string, Error>();
  /** While it is set, watches tell nothing of what changes. */
  isQuiet = false;
  readonly #objects = new Map<string, ObjectMeta>();
  readonly #watches = new Map<string, Set<PushStream>>();
  #version = 100;

  /** Kinds are served under their names and an s, but for `Unserved`. */
  resourceFor(apiVersion: string, kind: string): Promise<ServedResource | undefined> {
    const group = apiVersion.split('/')[0] ?? '';
    return Promise.resolve(
      kind === 'Unserved'
        ? undefined
        : {
            path: (namespace, name) => `/${kind}s/${namespace}/${name}`,
            collection: `/${kind}s`,
            namespaced: true,
            resource: `${kind.toLowerCase()}s`,
            group,
          },
    );
  }

  /** Puts an owner there, controlled by another or by none. */
  put(owner: OwnerReference, controller?: OwnerReference): void {
    this.#version += 1;
    const { kind, name, uid } = owner;
    const path = `/${kind}s/shop/${name}`;
    const type = this.#objects.has(path) ? 'MODIFIED' : 'ADDED';
    const metadata: ObjectMeta = {
      name,
      namespace: 'shop',
      uid,
      resourceVersion: String(this.#version),
      ...(controller === undefined ? {} : { ownerReferences: [controller] }),
    };
    this.#objects.set(path, metadata);
    this.#tell(kind, { type, object: { metadata } });
  }

  delete({ kind, name }: OwnerReference): void {
    const path = `/${kind}s/shop/${name}`;
    this.#version += 1;
    const metadata = { ...this.#objects.get(path), resourceVersion: String(this.#version) };
    this.#objects.delete(path);
    this.#tell(kind, { type: 'DELETED', object: { metadata } });
  }

  /** Ends the watches of a kind with an error. */
  break(kind: string, error: Error): void {
    for (const watch of this.#watches.get(`/${kind}s`) ?? []) watch.fail(error);
  }

  async request<T>({ path }: KubeRequest): Promise<T> {
    const isList = path.split('/').length === 2;
    this.#enter(`${isList ? 'list' : 'get'} ${path.slice(1)}`);
    if (!isList) {
      const metadata = this.#objects.get(path);
      if (metadata === undefined) throw notFound;
      return { metadata } as T;
    }
    const items = [...this.#objects].flatMap(([key, metadata]) =>
      key.startsWith(`${path}/`) ? [{ metadata }] : [],
    );
    const metadata = { resourceVersion: String(this.#version) };
    return { kind: 'PartialObjectMetadataList', metadata, items } as T;
  }

  async stream({ path, signal }: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    this.#enter(`watch ${path.slice(1)}`);
    const stream = new PushStream();
    const watches = this.#watches.get(path) ?? new Set();
    this.#watches.set(path, watches.add(stream));
    signal?.addEventListener('abort', () => {
      watches.delete(stream);
      stream.fail(signal.reason);
    });
    return stream;
  }

  async close(): Promise<void> {}

  #enter(call: string): void {
    this.calls.push(call);
    for (const [beginning, error] of this.refused) if (call.startsWith(beginning)) throw error;
  }

  #tell(kind: string, event: object): void {
    if (this.isQuiet) return;
    for (const watch of this.#watches.get(`/${kind}s`) ?? []) watch.send(event);
  }
}
