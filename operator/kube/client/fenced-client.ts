import type { KubeClient, KubeRequest } from './client.ts';
import { NotLeaderError } from './errors.ts';

/**
 * A client that writes only while this process leads: asked when a write is made, and again when it is about to be
 * sent. A process that was paused and wakes up late has writes that wait for a connection, and must not send them.
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
    if (request.method === 'GET') return await this.#client.request<T>(request);
    const beforeSend = () => {
      if (!this.#isLeader()) {
        throw new NotLeaderError(`${request.method} ${request.path} was not sent: another instance leads`);
      }
      request.beforeSend?.();
    };
    beforeSend();
    return await this.#client.request<T>({ ...request, beforeSend });
  }

  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#client.stream(request);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
