import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { checkReport, type HealthCheck, healthReport } from '../../observability/health.ts';
import type { Logger } from '../../observability/logging.ts';
import { close, listen } from './listening.ts';
import type { MetricsPage } from './metrics-page.ts';

export interface HttpServerOptions {
  /** `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one. */
  readonly address: string;
  /** Undefined: the metrics are served elsewhere. */
  readonly metrics: MetricsPage | undefined;
  /** Asked on /healthz: a failure means that only a restart helps. */
  readonly liveness: readonly HealthCheck[];
  /** Asked on /readyz: a failure means that the operator can't do its work now. */
  readonly readiness: readonly HealthCheck[];
  readonly logger: Logger;
}

/** Connections at a time. The kubelet makes one for each probe, and a Prometheus keeps one. */
const maxConnections = 256;
/** Milliseconds for a request to be sent. */
const requestTimeoutMs = 10_000;
/** Milliseconds in which nothing is sent or read; Prometheus asks every 15 to 60 s. */
const idleMs = 70_000;

/**
 * Serves /healthz and /readyz, which name every check and why it fails, as kube-apiserver's do, and /metrics where
 * anybody may read them. Without TLS, and to everybody: the kubelet shows no token.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer({ connectionsCheckingInterval: 5_000 }, (request, response) => {
      this.#serve(request, response).catch((error: Error) => {
        options.logger.error({ err: error.message, path: request.url }, 'HTTP request failed');
        response.destroy();
      });
    });
    this.#server.maxConnections = maxConnections;
    this.#server.requestTimeout = requestTimeoutMs;
    // Also of those who do not read what they asked for.
    this.#server.timeout = idleMs;
  }

  /**
   * Listens.
   * @returns the port in use
   * @throws when the address can't be had, naming it
   */
  async start(): Promise<number> {
    const { address, logger } = this.#options;
    const port = await listen(this.#server, address);
    logger.info({ address, port }, 'serving HTTP');
    return port;
  }

  /** Ends open connections and stops listening; may be called twice. */
  stop(): Promise<void> {
    return close(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      respond(response, 405, 'only GET is served\n');
      return;
    }
    const { metrics, liveness, readiness } = this.#options;
    const url = URL.parse(request.url ?? '/', 'http://localhost');
    if (url === null) {
      respond(response, 400, 'the path is none\n');
      return;
    }
    const { pathname, searchParams } = url;
    const [, page, check = ''] = /^\/(healthz|readyz)(?:\/([^/]*))?$/.exec(pathname) ?? [];
    if (page !== undefined) {
      const checks = page === 'healthz' ? liveness : readiness;
      const { status, text } =
        check === '' ? healthReport(checks, searchParams.getAll('exclude')) : checkReport(checks, check);
      respond(response, status, text);
    } else if (pathname !== '/metrics') {
      respond(response, 404, 'there are /metrics, /healthz and /readyz\n');
    } else if (metrics === undefined) {
      respond(response, 404, 'the metrics are served over TLS, on a port of their own\n');
    } else {
      respond(response, 200, await metrics.text(), metrics.contentType);
    }
  }
}

/** Answers with a text. @param type its media type */
export function respond(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
