import type { Tracer } from '../../observability/tracing/tracer.ts';
import type { KubeClient, KubeRequest } from './client.ts';
import { ApiError, ConnectionError } from './errors.ts';

/**
 * A client whose calls are spans of the work that makes them, by OpenTelemetry's conventions for HTTP clients, and
 * that tells the API server of the trace. The status is recorded by whoever the client below reports it to.
 */
export class TracedClient implements KubeClient {
  readonly #client: KubeClient;
  readonly #tracer: Tracer;
  readonly #server: URL;

  /** @param server the API server's URL */
  constructor(client: KubeClient, tracer: Tracer, server: string) {
    this.#client = client;
    this.#tracer = tracer;
    this.#server = new URL(server);
  }

  request<T>(request: KubeRequest): Promise<T> {
    if (this.#tracer.active === undefined) return this.#client.request<T>(request);
    const { method, path } = request;
    const { origin, hostname, port, protocol, pathname } = this.#server;
    const attributes = {
      'http.request.method': method,
      'url.full': `${origin}${pathname.replace(/\/+$/, '')}${path}`,
      'server.address': hostname,
      'server.port': Number(port || (protocol === 'http:' ? 80 : 443)),
    };
    return this.#tracer.span(method, { kind: 'client', attributes }, async (span) => {
      try {
        const headers = { ...request.headers, traceparent: span.traceparent };
        return await this.#client.request<T>({ ...request, headers });
      } catch (error) {
        span.set({ 'error.type': errorType(error) });
        throw error;
      }
    });
  }

  stream(request: KubeRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#client.stream(request);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function errorType(error: unknown): string {
  if (error instanceof ApiError) return String(error.status);
  if (error instanceof ConnectionError) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}
