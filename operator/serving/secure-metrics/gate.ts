import { createHash } from 'node:crypto';
import { describeError, isForbidden, isRetryable } from '../../kube/client/errors.ts';
import type { Logger } from '../../observability/logging.ts';
import { Allowance } from '../../time/allowance.ts';
import type { Clock } from '../../time/clock.ts';
import type { Verdict } from './token-review.ts';

/** What a caller is told. */
export type Admission =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly status: 401 | 403 | 429 | 500 | 503; readonly message: string };

export interface GateOptions {
  /** Asks the API server; see reviewToken. */
  readonly review: (token: string) => Promise<Verdict>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long an answer is believed, in milliseconds: so late counts a right that is taken away, or granted. */
const believedMs = { allowed: 30_000, refused: 10_000 } as const;
/** Answers that are remembered; the oldest is forgotten first. */
const remembered = { allowed: 64, refused: 1_024 } as const;
/**
 * Questions to the API server, each of two calls. Tokens that were let in before have an allowance of their own, so
 * that whoever tries out others keeps no Prometheus out.
 */
const questions = { burst: 20, perSecond: 5 } as const;
/** Bytes; service accounts' tokens have about one thousand. */
const longestToken = 8_192;

interface Remembered {
  readonly verdict: Verdict;
  /** In the clock's milliseconds. */
  readonly until: number;
}

/**
 * Decides who may read the metrics, by the bearer token. Whoever calls may be hostile: what is remembered, and what the
 * API server is asked, is bounded. Without its answer nobody is let in.
 */
export class Gate {
  readonly #options: GateOptions;
  /** By the token's hash, so that no token stays in memory; also after their time, as those let in before. */
  readonly #allowed = new Map<string, Remembered>();
  readonly #refused = new Map<string, Remembered>();
  readonly #pending = new Map<string, Promise<Verdict>>();
  readonly #regulars: Allowance;
  readonly #strangers: Allowance;
  #problem: string | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    const { burst, perSecond } = questions;
    this.#regulars = new Allowance(burst, perSecond, options.clock);
    this.#strangers = new Allowance(burst, perSecond, options.clock);
  }

  /** Why the API server gives no answer, in one line; undefined when it does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** @param authorization the header of that name; never rejects */
  async admit(authorization: string | undefined): Promise<Admission> {
    const token = /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return refusal(401, 'show a token: "Authorization: Bearer TOKEN"');
    if (token.length > longestToken) return refusal(401, 'the API server knows no such token');
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#recall(key);
    if (known !== undefined) return admissionBy(known);
    const allowance = this.#allowed.has(key) ? this.#regulars : this.#strangers;
    if (!this.#pending.has(key) && !allowance.take(1)) {
      return refusal(429, 'too many tokens are asked about; try again in a second');
    }
    try {
      return admissionBy(await this.#ask(key, token));
    } catch (error) {
      return isRetryable(error)
        ? refusal(503, "the API server can't be asked about the token now; the operator's log says why")
        : refusal(500, "the API server does not answer about the token; the operator's log says why");
    }
  }

  #recall(key: string): Verdict | undefined {
    const found = this.#refused.get(key) ?? this.#allowed.get(key);
    return found !== undefined && this.#options.clock.now() < found.until ? found.verdict : undefined;
  }

  /** Those who show one token at the same time share a question. */
  #ask(key: string, token: string): Promise<Verdict> {
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const asked = this.#review(key, token).finally(() => this.#pending.delete(key));
    this.#pending.set(key, asked);
    return asked;
  }

  async #review(key: string, token: string): Promise<Verdict> {
    const { review, logger } = this.#options;
    try {
      const verdict = await review(token);
      this.#remember(key, verdict);
      // About nobody's token only the first of the two questions is asked, which proves too little.
      if (this.#problem !== undefined && verdict.outcome !== 'unknown') {
        this.#problem = undefined;
        logger.info('the API server answers about the tokens of scrapers again');
      }
      return verdict;
    } catch (error) {
      const problem = explain(error);
      if (problem !== this.#problem) logger.warn({ error: problem }, `nobody may read /metrics: ${problem}`);
      this.#problem = problem;
      throw error;
    }
  }

  #remember(key: string, verdict: Verdict): void {
    const kind = verdict.outcome === 'allowed' ? 'allowed' : 'refused';
    const answers = kind === 'allowed' ? this.#allowed : this.#refused;
    const before = this.#allowed.get(key);
    this.#refused.delete(key);
    if (kind === 'allowed') this.#allowed.delete(key);
    // It stays one that was let in before, and its old answer is worth nothing.
    else if (before !== undefined) this.#allowed.set(key, { ...before, until: 0 });
    answers.set(key, { verdict, until: this.#options.clock.now() + believedMs[kind] });
    const [oldest] = answers.keys();
    if (oldest !== undefined && answers.size > remembered[kind]) answers.delete(oldest);
  }
}

function admissionBy(verdict: Verdict): Admission {
  switch (verdict.outcome) {
    case 'allowed':
      return { admitted: true };
    case 'unknown':
      return refusal(401, 'the API server knows no such token');
    case 'denied':
      return refusal(
        403,
        `${JSON.stringify(verdict.user)} may not get /metrics: no ClusterRole of it has nonResourceURLs [/metrics] with verbs [get]`,
      );
  }
}

function refusal(status: (Admission & { admitted: false })['status'], message: string): Admission {
  return { admitted: false, status, message };
}

function explain(error: unknown): string {
  const line = describeError(error);
  return isForbidden(error)
    ? `the operator may not ask whose token it is: ${line} (its rights are in config/secure-metrics)`
    : `the API server gives no answer about a token: ${line}`;
}
