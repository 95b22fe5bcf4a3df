import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../observability/logging.ts';
import type { WebhookMetrics } from '../observability/webhook-metrics.ts';
import { TlsServer } from '../serving/http/tls-server.ts';
import { Allowance } from '../time/allowance.ts';
import type { Clock } from '../time/clock.ts';
import { type AdmissionRequest, BadReviewError, parseReview, reviewResponse } from './admission-review.ts';
import { nameOf } from './reviewer.ts';
import type { Verdict } from './verdict.ts';

/** Where reviews are asked for; named as controller-runtime names it, and in config/webhook. */
export const webhookPath = '/validate-luaplugin-dev-v1alpha1-luaplugin';

export interface AdmissionServerOptions {
  /** `HOST:PORT`, or `:PORT` for every address; port 0 takes a free one. */
  readonly address: string;
  readonly review: (request: AdmissionRequest, budgetMs: number) => Promise<Verdict>;
  readonly metrics: WebhookMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Bytes of one body. Two objects of 1.5 MiB each, which is what etcd takes, fit in. A larger one is let through by
 * the API server without a review, and then refused by etcd.
 */
const maxBodyBytes = 4 * 2 ** 20;
/** Requests at a time; their bodies are all the memory that callers can take. */
const maxRequests = 16;
/** Connections at a time. An API server keeps one for each request that it has under way. */
const maxConnections = 256;
/**
 * Bytes that are read and looked at. A review costs up to 50 ms of the operator's own time for a long script, and
 * 1 ms for the shortest, which counts as smallestBytes: all together some 15 % of a core.
 */
const burstBytes = 8 * 2 ** 20;
const bytesPerSecond = 2 ** 20;
const smallestBytes = 2 ** 14;
/** Milliseconds. */
const times = { handshake: 5_000, headers: 5_000, request: 10_000, keepAlive: 100_000 };
/** The share of the API server's time limit that a review may take: the rest is for the way there and back. */
const budgetShare = 0.7;
/** Seconds that the API server waits when it does not say, and those that count at the most. */
const usualTimeoutSeconds = 5;
const maxTimeoutSeconds = 10;

/** An answer that is no review. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The HTTPS server that the API server asks for reviews. Whoever calls it may be hostile: how many calls, how large,
 * how long and how often is bounded, and what is over a bound gets a plain error, which `failurePolicy: Ignore` lets
 * through.
 */
export class AdmissionServer extends TlsServer {
  readonly #options: AdmissionServerOptions;
  readonly #allowance: Allowance;
  #requests = 0;

  constructor(options: AdmissionServerOptions) {
    const { address, logger, clock } = options;
    super({ address, what: 'the webhook', maxConnections, times, logger });
    this.#options = options;
    this.#allowance = new Allowance(burstBytes, bytesPerSecond, clock);
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { metrics, clock } = this.#options;
    const webhook = { webhook: webhookPath };
    const begun = clock.now();
    metrics.inFlight.inc(webhook);
    this.#requests += 1;
    let code = 200;
    try {
      const body = JSON.stringify(await this.#review(request));
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    } catch (error) {
      code = statusOf(error);
      const message = error instanceof Error && code !== 500 ? error.message : 'the review failed';
      if (code === 500) this.#options.logger.error({ err: error }, 'a review failed');
      // What is left of the body is not read.
      response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
      response.end(`${message}\n`);
    } finally {
      this.#requests -= 1;
      metrics.inFlight.dec(webhook);
      metrics.latency.observe(webhook, (clock.now() - begun) / 1000);
      metrics.requests.inc({ ...webhook, code: String(code) });
    }
  }

  async #review(request: IncomingMessage): Promise<object> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    if (pathname !== webhookPath) throw new HttpError(404, `there is ${webhookPath}`);
    if (request.method !== 'POST') throw new HttpError(405, 'an AdmissionReview is sent by POST');
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new HttpError(415, 'the body must be application/json');
    }
    if (this.#requests > maxRequests) throw new HttpError(503, 'too many requests at a time');
    const budgetMs = budgetOf(searchParams.get('timeout'));
    const begun = this.#options.clock.now();
    const review = parseReview(await this.#read(request));
    const name = nameOf(review);
    const verdict = await this.#options.review(review, budgetMs - (this.#options.clock.now() - begun));
    if (verdict.causes.length > 0) {
      // Not info: a caller that is no API server could fill the log, and who it says it is proves nothing.
      const fields = { plugin: name, user: review.userInfo?.username, causes: verdict.causes };
      this.#options.logger.debug(fields, 'refused a plugin');
    }
    return reviewResponse(review, name, verdict);
  }

  async #read(request: IncomingMessage): Promise<string> {
    const tooLarge = new HttpError(413, `a body may have ${maxBodyBytes} bytes`);
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBodyBytes) throw tooLarge;
        chunks.push(chunk);
      }
    } catch (error) {
      throw error instanceof HttpError ? error : new HttpError(400, 'the body did not arrive');
    }
    if (!this.#allowance.take(Math.max(bytes, smallestBytes))) throw new HttpError(503, 'too much to review');
    return Buffer.concat(chunks).toString('utf8');
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  return error instanceof BadReviewError ? 400 : 500;
}

/** Milliseconds for a review. @param timeout as the API server gives it: a Go duration such as `5s` */
function budgetOf(timeout: string | null): number {
  const seconds = Number(/^(\d{1,2})s$/.exec(timeout ?? '')?.[1] ?? usualTimeoutSeconds);
  return Math.min(seconds, maxTimeoutSeconds) * 1000 * budgetShare;
}
