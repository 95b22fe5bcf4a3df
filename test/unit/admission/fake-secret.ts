import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';

type Stored = Record<string, unknown> & { metadata: Record<string, unknown> };

/** An API server that has one object, with the resourceVersion's rules: a stale write is a conflict. */
export class OneObject implements KubeClient {
  object: Stored | undefined;
  readonly writes: KubeRequest[] = [];
  /** What the next call fails with. */
  failure: Error | undefined;
  /** Called before each write takes place. */
  beforeWrite: () => void = () => {};
  #version = 0;

  /** Somebody else writes. */
  put(object: Record<string, unknown>): void {
    this.#version += 1;
    const metadata = { ...Object(object.metadata), resourceVersion: String(this.#version) };
    this.object = { ...object, metadata };
  }

  async request<T>({ method, body, ...rest }: KubeRequest): Promise<T> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    if (method === 'GET') {
      if (this.object === undefined) throw refusal(404, 'NotFound');
      return structuredClone(this.object) as T;
    }
    this.beforeWrite();
    const written = body as Stored;
    if (method === 'POST' && this.object !== undefined) throw refusal(409, 'AlreadyExists');
    if (method !== 'POST') {
      if (this.object === undefined) throw refusal(404, 'NotFound');
      const { resourceVersion } = written.metadata;
      if (resourceVersion !== this.object.metadata.resourceVersion) throw refusal(409, 'Conflict');
    }
    this.writes.push({ method, body, ...rest });
    this.put(method === 'PATCH' ? { ...this.object, ...written } : written);
    return structuredClone(this.object) as T;
  }

  stream(): Promise<never> {
    throw new Error('nothing is watched here');
  }

  async close(): Promise<void> {}
}

export function refusal(code: number, reason: string): ApiError {
  return new ApiError(code, { kind: 'Status', code, reason, message: reason });
}
