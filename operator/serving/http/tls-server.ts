import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Logger } from '../../observability/logging.ts';
import { close, listen } from './listening.ts';

/** A certificate with its key, both PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface TlsServerOptions {
  /** `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one. */
  readonly address: string;
  /** What it serves, for the log: `the webhook`. */
  readonly what: string;
  /** At a time; a caller over it is hung up on. */
  readonly maxConnections: number;
  /** Milliseconds: what a caller may take for each part, and how long an idle connection is kept. */
  readonly times: {
    readonly handshake: number;
    readonly headers: number;
    readonly request: number;
    readonly keepAlive: number;
  };
  readonly logger: Logger;
}

const minVersion = 'TLSv1.2';

/** An HTTPS server (HTTP/1.1) whose callers may be hostile, and whose certificate may change while it serves. */
export abstract class TlsServer {
  readonly #options: TlsServerOptions;
  readonly #server: Server;

  /** Answers a request. When it rejects, the connection is ended without an answer. */
  protected abstract answer(request: IncomingMessage, response: ServerResponse): Promise<void>;

  constructor(options: TlsServerOptions) {
    this.#options = options;
    const { what, maxConnections, times, logger } = options;
    this.#server = createServer(
      {
        minVersion,
        handshakeTimeout: times.handshake,
        headersTimeout: times.headers,
        requestTimeout: times.request,
        keepAliveTimeout: times.keepAlive,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        this.answer(request, response).catch((error: Error) => {
          logger.error({ serving: what, err: error.message }, 'a request failed');
          response.destroy();
        });
      },
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on('tlsClientError', (error) =>
      logger.debug({ serving: what, error: error.message }, 'a TLS handshake failed'),
    );
  }

  /**
   * Listens. Until there is a certificate, handshakes fail.
   * @returns the port in use
   * @throws when the address can't be had, naming it
   */
  async start(): Promise<number> {
    const { address, what, logger } = this.#options;
    const port = await listen(this.#server, address);
    logger.info({ address, port }, `serving ${what}`);
    return port;
  }

  /** New connections get this certificate; open ones go on. @throws when certificate and key are not a pair */
  use({ cert, key }: ServingCertificate): void {
    this.#server.setSecureContext({ cert, key, minVersion });
  }

  /** Ends open connections and stops listening; may be called twice. */
  stop(): Promise<void> {
    return close(this.#server);
  }
}
