import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../observability/logging.ts';
import { respond } from '../http/http-server.ts';
import type { MetricsPage } from '../http/metrics-page.ts';
import { TlsServer } from '../http/tls-server.ts';
import type { Admission } from './gate.ts';

/** What scrapers ask for, and need the right to get. */
export const metricsPath = '/metrics';

export interface SecureMetricsServerOptions {
  /** `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one. */
  readonly address: string;
  readonly page: MetricsPage;
  /** Decides by the authorization header; see Gate. */
  readonly admit: (authorization: string | undefined) => Promise<Admission>;
  readonly logger: Logger;
}

/** Connections at a time. Each Prometheus keeps one. */
const maxConnections = 64;
/** Milliseconds. Prometheus asks every 15 to 60 s, and keeps its connection meanwhile. */
const times = { handshake: 5_000, headers: 5_000, request: 10_000, keepAlive: 70_000 };

const noScrape = { admitted: false, status: 404, message: `there is ${metricsPath}, for GET` } as const;

/** Serves /metrics, over TLS, to those who may read it. */
export class SecureMetricsServer extends TlsServer {
  readonly #options: SecureMetricsServerOptions;

  constructor(options: SecureMetricsServerOptions) {
    const { address, logger } = options;
    super({ address, what: '/metrics over TLS', maxConnections, times, logger });
    this.#options = options;
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { page, admit } = this.#options;
    const path = URL.parse(request.url ?? '/', 'https://localhost')?.pathname;
    const isScrape = path === metricsPath && request.method === 'GET';
    const admission = isScrape ? await admit(request.headers.authorization) : noScrape;
    if (admission.admitted) return respond(response, 200, await page.text(), page.contentType);
    const { status, message } = admission;
    // Whoever is not let in must not keep the places of those who are.
    response.setHeader('connection', 'close');
    if (status === 401) response.setHeader('www-authenticate', 'Bearer');
    if (status === 429) response.setHeader('retry-after', '1');
    respond(response, status, `${message}\n`);
  }
}
