import type { Logger } from '../../observability/logging.ts';
import type { LeaderTransition } from '../../observability/metrics.ts';
import { StuckPartError } from '../../process/run-group.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import type { KubeClient } from '../client/client.ts';
import { describeError } from '../client/errors.ts';
import { FailedTerms } from './failed-terms.ts';
import { Lease } from './lease.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The Lease's name. */
  readonly name: string;
  /** Who we are; different for every process that ever asks, for instance host name and a random part. */
  readonly identity: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How long others leave a lease alone that is not renewed, in milliseconds; 15,000 by default. */
  readonly durationMs?: number;
  /** How long a leader goes on without a renewal; must be less than durationMs; 10,000 by default. */
  readonly renewDeadlineMs?: number;
  /** Time between tries, before jitter; 2,000 by default. */
  readonly retryMs?: number;
  readonly onTransition?: (transition: LeaderTransition) => void;
}

/** Why a term ended: the lease could not be renewed in time, or another holds it. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/**
 * At most one process of several leads at a time, by a Lease (client-go's rules and default times). Unlike there, a
 * leader that lost goes back to waiting instead of ending the process.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions & { readonly clock: Clock; readonly random: Random };
  readonly #lease: Lease;
  readonly #retryMs: number;
  readonly #failedTerms: FailedTerms;
  #lastError: string | undefined;

  constructor(options: LeaderElectionOptions) {
    const { durationMs = 15_000, renewDeadlineMs = 10_000, retryMs = 2_000 } = options;
    if (renewDeadlineMs >= durationMs) throw new Error('renewDeadlineMs must be less than durationMs');
    const { clock = systemClock, random = Math.random } = options;
    this.#options = { ...options, clock, random };
    this.#lease = new Lease({ ...options, clock, durationMs, renewDeadlineMs });
    this.#retryMs = retryMs;
    this.#failedTerms = new FailedTerms({ logger: options.logger, clock, random });
  }

  /** Whether this process leads at this very moment; ask before each write (see Lease.isHeld). */
  get isLeader(): boolean {
    return this.#lease.isHeld;
  }

  /**
   * Waits for the lease, then calls `lead`, over and over until the signal aborts; then releases the lease, once
   * `lead` has ended. A term whose work fails ends at once, too, and the next is asked for later.
   * @param lead does the leader's work until its signal aborts, which it does when the term ends; rejects when it failed
   * @throws when no other term can help; see FailedTerms
   */
  async run(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#try(signal);
      if (this.isLeader) {
        const failure = await this.#lead(signal, lead);
        if (failure !== undefined) await this.#failedTerms.add(failure, signal);
      }
      await this.#pause(signal);
    }
  }

  /** One term. @returns why its work failed; undefined when it ended as told */
  async #lead(signal: AbortSignal, lead: (term: AbortSignal) => Promise<void>): Promise<unknown> {
    const { logger, name, identity, onTransition } = this.#options;
    const fields = { lease: name, identity };
    logger.info(fields, 'leading');
    onTransition?.('acquired');
    const term = new AbortController();
    const end = () => term.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const ended = new AbortController();
    const work = lead(term.signal)
      .then(
        () => undefined,
        // What fails because the term is over is no failure; what does not end is.
        (error: unknown) => (term.signal.aborted && !(error instanceof StuckPartError) ? undefined : error),
      )
      .finally(() => ended.abort());
    const [failure] = await Promise.all([work, this.#renew(ended.signal), this.#expire(term, ended.signal)]);
    signal.removeEventListener('abort', end);
    const isHeld = this.isLeader;
    if (isHeld) await this.#release();
    else logger.warn({ ...fields, error: this.#lastError }, 'lost the lease');
    if (failure !== undefined) onTransition?.('failed');
    else onTransition?.(isHeld ? 'released' : 'lost');
    return failure;
  }

  /** Renews until the work has ended, also while it is ending. */
  async #renew(ended: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause(ended);
      if (ended.aborted || !this.isLeader) return;
      await this.#try(ended);
    }
  }

  /** Ends the term when the lease is lost, whatever call is still waiting for its answer. */
  async #expire(term: AbortController, ended: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (this.isLeader && !ended.aborted) {
      // Looks often enough to notice at once when a renewal finds another holder.
      const ms = Math.min(this.#lease.remainingMs, this.#retryMs / 4);
      await clock.sleep(ms, ended).catch(() => {});
    }
    if (!ended.aborted) term.abort(new LeaseLostError('the lease was lost'));
  }

  async #try(signal: AbortSignal): Promise<void> {
    try {
      await this.#lease.acquireOrRenew(signal);
      this.#lastError = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const line = describeError(error);
      if (line !== this.#lastError) {
        const { logger, name } = this.#options;
        logger.warn({ lease: name, error: line }, `cannot get or renew the lease: ${line}; trying again`);
      }
      this.#lastError = line;
    }
  }

  async #release(): Promise<void> {
    const { logger, name } = this.#options;
    try {
      // The run's own signal may have aborted; the call's time limit ends this.
      await this.#lease.release(new AbortController().signal);
      logger.info({ lease: name }, 'released the lease');
    } catch (error) {
      logger.warn(
        { lease: name, error: describeError(error) },
        'could not release the lease; it will expire',
      );
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    await clock.sleep(this.#retryMs * (1 + 0.2 * random()), signal).catch(() => {});
  }
}
