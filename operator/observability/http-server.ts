import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { parseAddress } from './address.ts';
import type { Logger } from './logging.ts';

/** One reason to be unhealthy: returns undefined while all is well, else what is wrong, in one line. */
export interface HealthCheck {
  readonly name: string;
  readonly check: () => string | undefined;
  /** What is worth knowing while all is well, in one line; undefined for nothing. */
  readonly note?: () => string | undefined;
}

export interface HttpServerOptions {
  /** `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one. */
  readonly address: string;
  readonly registry: Registry;
  /** Asked on /healthz: a failure means that only a restart helps. */
  readonly liveness: readonly HealthCheck[];
  /** Asked on /readyz: a failure means that the operator can't do its work now. */
  readonly readiness: readonly HealthCheck[];
  readonly logger: Logger;
}

/** The share of the operator's time that goes into /metrics at the most. */
const metricsShare = 0.1;

/** Serves /metrics, /healthz and /readyz; the health pages name every check and why it fails, as kube-apiserver's do. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  /** The last one, and until when, on performance's clock, it is handed out. */
  #scrape: { readonly text: Promise<string>; readonly staleAt: number } | undefined;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: Error) => {
        options.logger.error({ err: error.message, path: request.url }, 'HTTP request failed');
        response.destroy();
      });
    });
  }

  /**
   * Listens.
   * @returns the port in use
   * @throws when the address can't be had, naming it
   */
  async start(): Promise<number> {
    const { host, port } = parseAddress(this.#options.address);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: Error) =>
        reject(new Error(`can't listen on ${this.#options.address}: ${error.message}`)),
      );
      this.#server.listen(port, host, resolve);
    });
    const bound = (this.#server.address() as AddressInfo).port;
    this.#options.logger.info({ address: this.#options.address, port: bound }, 'serving HTTP');
    return bound;
  }

  /** Ends open connections and stops listening; may be called twice. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Anyone in the cluster may ask, and with many plugins it takes time: so soon after one scrape it is the same text. */
  async #metrics(): Promise<string> {
    if (this.#scrape !== undefined && performance.now() < this.#scrape.staleAt)
      return await this.#scrape.text;
    const begun = performance.now();
    const scrape = { text: this.#options.registry.metrics(), staleAt: Number.POSITIVE_INFINITY };
    this.#scrape = scrape;
    try {
      return await scrape.text;
    } finally {
      scrape.staleAt = begun + (performance.now() - begun) / metricsShare;
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      respond(response, 405, 'only GET is served\n');
      return;
    }
    switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
      case '/metrics': {
        respond(response, 200, await this.#metrics(), this.#options.registry.contentType);
        return;
      }
      case '/healthz':
        report(response, this.#options.liveness);
        return;
      case '/readyz':
        report(response, this.#options.readiness);
        return;
      default:
        respond(response, 404, 'there are /metrics, /healthz and /readyz\n');
    }
  }
}

function report(response: ServerResponse, checks: readonly HealthCheck[]): void {
  const failures = checks.map(({ name, check, note }) => ({ name, why: check(), note: note?.() }));
  const lines = failures.map(({ name, why, note }) => {
    if (why !== undefined) return `[-]${name}: ${why}`;
    return note === undefined ? `[+]${name} ok` : `[+]${name} ok: ${note}`;
  });
  const healthy = failures.every(({ why }) => why === undefined);
  respond(response, healthy ? 200 : 503, `${[...lines, healthy ? 'ok' : 'failed'].join('\n')}\n`);
}

function respond(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8') {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}
