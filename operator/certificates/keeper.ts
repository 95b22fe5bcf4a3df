import { describeError, isForbidden } from '../kube/client/errors.ts';
import type { Logger } from '../observability/logging.ts';
import { Backoff } from '../time/backoff.ts';
import type { Clock, Random } from '../time/clock.ts';
import type { CertificatePair } from './pair.ts';
import type { CertificateSource } from './source.ts';

export interface CertificateKeeperOptions {
  /** What serves with it, for the log: `the webhook`. */
  readonly of: string;
  readonly source: CertificateSource;
  /** Serves a certificate from now on. */
  readonly use: (pair: CertificatePair) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How often, in milliseconds, to look whether somebody changed something; a tenth more by chance. */
  readonly lookMs: number;
}

const retry = { baseMs: 1_000, maxMs: 60_000 };

/** Looks after a server's certificate as long as the operator runs, and says how it fares. */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  #served: CertificatePair | undefined;
  #hasLooked = false;
  #error: string | undefined;
  #note: string | undefined;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
  }

  /** Why the server can't take part yet; undefined once it is known whether there is a certificate. */
  get problem(): string | undefined {
    return this.#hasLooked ? undefined : 'no certificate yet';
  }

  /** The state of the certificate, in one line. */
  get note(): string {
    const until = this.#served && new Date(this.#served.validUntil).toISOString();
    const state =
      until === undefined ? 'not served, there is no certificate' : `certificate valid until ${until}`;
    return [state, this.#error, this.#note].filter((part) => part !== undefined).join('; ');
  }

  /** Goes on until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, lookMs } = this.#options;
    const backoff = new Backoff(retry, random);
    while (!signal.aborted) {
      const isWell = await this.#look(signal);
      if (isWell) backoff.reset();
      const waitMs = isWell ? lookMs * (1 + 0.1 * random()) : backoff.next();
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  async #look(signal: AbortSignal): Promise<boolean> {
    const { of, source, logger } = this.#options;
    let error: string | undefined;
    try {
      await source.refresh(signal);
    } catch (problem) {
      if (signal.aborted) return false;
      error = explain(problem);
    }
    try {
      this.#serve(source.current);
    } catch (problem) {
      // Too weak for TLS, for instance; what is served goes on.
      error ??= explain(problem);
    }
    this.#hasLooked = true;
    if (error !== this.#error) {
      if (error === undefined) logger.info(`${of}'s certificate is in order again`);
      else logger.warn({ error }, `${of}'s certificate: ${error}; trying again`);
    }
    if (source.note !== this.#note && source.note !== undefined) logger.info(`${of}: ${source.note}`);
    this.#error = error;
    this.#note = source.note;
    return error === undefined;
  }

  #serve(pair: CertificatePair | undefined): void {
    if (pair === undefined || pair.cert === this.#served?.cert) return;
    const { of, use, logger } = this.#options;
    use(pair);
    this.#served = pair;
    const until = new Date(pair.validUntil).toISOString();
    logger.info({ until }, `${of} serves with a new certificate`);
  }
}

function explain(error: unknown): string {
  const line = describeError(error);
  return isForbidden(error) ? `${line} (apply the operator's roles: kubectl apply -k config/base)` : line;
}
