import type { KubeClient, KubeRequest } from './client.ts';

/** A write was not sent, because this process does not lead (any more). Whoever leads does the work. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';
}

/**
 * A client that writes only while this process leads: asked right before each write, so that a process that was
 * paused and wakes up late writes nothing.
 */
export class FencedClient implements KubeClient {
  readonly #client: KubeClient;
  readonly #isLeader: () => boolean;

  constructor(client: KubeClient, isLeader: () => boolean) {
    this.#client = client;
    this.#isLeader = isLeader;
  }

  /** @throws NotLeaderError for a write while another leads; else as the client below */
  async request<T>(request: KubeRequest): Promise<T> {
    if (request.method !== 'GET' && !this.#isLeader()) {
      throw new NotLeaderError(`${request.method} ${request.path} was not sent: another instance leads`);
    }
    return await this.#client.request<T>(request);
  }

  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#client.stream(request);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
