import { Backoff } from '../../time/backoff.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import type { Pool } from './agents.ts';
import type { Deadline } from './deadline.ts';
import { ApiError, codeOf, HeldBackError, unreachableCodes } from './errors.ts';
import { SlowStart } from './slow-start.ts';

/** Between tries to reach a server that can't be reached, in milliseconds. */
const unreachable = { baseMs: 100, maxMs: 2_000 };

/** Makes a call once; see ServerGate.run. */
export type Send<T> = (check: () => void) => Promise<T>;

/**
 * Holds all calls to one server back while it wants to be left alone, or can't be reached. Each caller's own back-off
 * would not do: ten thousand Pods that each wait a second are ten thousand calls a second.
 *
 * A refusal with Retry-After closes the gate until that is over, plus jitter. Then calls start slowly, those of each
 * pool by themselves: all at once would be the storm again. An answer that is about the one call only (a conflict, a
 * webhook that fails) closes nothing.
 */
export class ServerGate {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: Backoff;
  #closedUntil = Number.NEGATIVE_INFINITY;
  #firstLimit = Number.POSITIVE_INFINITY;
  /** Those since the gate was closed last. */
  readonly #starts = new Map<Pool, SlowStart>();

  constructor(clock: Clock = systemClock, random: Random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#backoff = new Backoff(unreachable, random);
  }

  /**
   * Makes a call when it may be made.
   * @param send makes the call. It calls `check` as the first byte is about to be sent, since the gate may have been
   * closed while the call waited for a connection; what that throws has to fail the call unsent, and to come out.
   * @param isOthers another server may be the one that answers: what it refuses closes nothing
   * @throws what `send` throws; HeldBackError at once when the server is to be left alone for longer than the call has;
   * the deadline's reason
   */
  async run<T>(pool: Pool, deadline: Deadline, send: Send<T>, isOthers = false): Promise<T> {
    const check = () => {
      if (this.#clock.now() < this.#closedUntil) throw heldBack;
    };
    for (;;) {
      const start = await this.#enter(pool, deadline);
      try {
        const answer = await send(check);
        this.#answered(pool, start);
        return answer;
      } catch (error) {
        if (error === heldBack) continue;
        if (!(isOthers && error instanceof ApiError)) this.#failed(error, pool, start);
        throw error;
      } finally {
        start.end();
      }
    }
  }

  /** Waits until the call may be made, and begins it. */
  async #enter(pool: Pool, deadline: Deadline): Promise<SlowStart> {
    deadline.awaited = 'turn';
    for (;;) {
      const now = this.#clock.now();
      const waitMs = this.#closedUntil - now;
      if (waitMs > deadline.remainingMs) throw new HeldBackError(waitMs);
      const start = this.#startOf(pool);
      if (waitMs > 0) await this.#clock.sleep(waitMs, deadline.signal);
      else if (start.waitMs(now) > 0) await this.#waitBehind(start, start.waitMs(now), deadline);
      else {
        // In the same turn, or all who wait would find the same place free.
        start.begin(now);
        return start;
      }
    }
  }

  /** Waits until one of the calls under way has ended, but not for longer than that. */
  async #waitBehind(start: SlowStart, ms: number, deadline: Deadline): Promise<void> {
    const over = new AbortController();
    try {
      await deadline.race(Promise.race([start.nextEnd, this.#clock.sleep(ms, over.signal)]));
    } finally {
      over.abort();
    }
  }

  #startOf(pool: Pool): SlowStart {
    let start = this.#starts.get(pool);
    if (start === undefined) {
      start = new SlowStart(this.#firstLimit);
      this.#starts.set(pool, start);
    }
    return start;
  }

  /** What was sent before the gate was closed says nothing about the time after. */
  #isLate(pool: Pool, start: SlowStart): boolean {
    return this.#starts.get(pool) !== start;
  }

  #answered(pool: Pool, start: SlowStart): void {
    start.answered();
    if (!this.#isLate(pool, start)) this.#backoff.reset();
  }

  #failed(error: unknown, pool: Pool, start: SlowStart): void {
    if (isUnreachable(error)) {
      // Of calls that failed together the first counts.
      if (!this.#isLate(pool, start)) this.#close(this.#backoff.next());
    } else if (error instanceof ApiError) {
      const askedMs = speaksForServer(error) ? error.retryAfterMs : undefined;
      if (askedMs === undefined) this.#answered(pool, start);
      else this.#close(askedMs * (1 + 0.1 * this.#random()));
    }
  }

  #close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + ms);
    this.#firstLimit = 1;
    // Who waits behind a call under way waits for its end no longer.
    for (const start of this.#starts.values()) start.wake();
    this.#starts.clear();
  }
}

/** The call met a closed gate on its way, and waits again. */
const heldBack = new Error('held back');

/**
 * Whether a refusal is about all calls. Under overload and while it shuts down the API server answers 429 or 503 before
 * it knows what is wanted. What a webhook answers is passed on with its code and Retry-After, and a resource whose
 * cache is not filled is refused alone; neither may stop the rest.
 */
function speaksForServer({ status, isStatus, message }: ApiError): boolean {
  if (status !== 429 && status !== 503) return false;
  return !isStatus || !/^admission webhook |storage is \(re\)initializing/.test(message);
}

/** No connection, or a proxy that has none and names no time. */
function isUnreachable(error: unknown): boolean {
  if (!(error instanceof ApiError)) return unreachableCodes.has(codeOf(error) ?? '');
  return !error.isStatus && [502, 503, 504].includes(error.status) && error.retryAfterMs === undefined;
}
