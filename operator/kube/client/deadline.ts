import { unlessAborted } from '../../time/aborted.ts';

/** What a call can wait for, until its answer comes. */
export type Awaited = 'credentials' | 'turn' | 'free connection' | 'answer';

/** The part of its time that a call must have left when it is sent. */
const neededShare = 0.1;

/** The deadline of one call passed before its answer came. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  /** What the call was waiting for then. */
  readonly awaited: Awaited;

  constructor(awaited: Awaited, timeoutMs: number) {
    super(`no ${awaited} within ${timeoutMs / 1000} s`);
    this.awaited = awaited;
  }
}

/**
 * One call's signal: aborts when the caller does, or when the time is over, whatever the call waits for then. Dispose
 * of it when the call ends.
 */
export class Deadline {
  /** What the call waits for now. */
  awaited: Awaited = 'credentials';
  readonly #timeoutMs: number;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #forward = () => this.#controller.abort(this.#caller?.reason);

  constructor(timeoutMs: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#timeoutMs = timeoutMs;
    this.#endsAt = performance.now() + timeoutMs;
    this.#timer = setTimeout(
      () => this.#controller.abort(new DeadlineError(this.awaited, timeoutMs)),
      timeoutMs,
    );
    // AbortSignal.any would do, at ten times the cost of a listener that is taken away again.
    if (caller?.aborted) this.#forward();
    else caller?.addEventListener('abort', this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds that are left. */
  get remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /**
   * To be asked when the call is about to be sent.
   * @throws DeadlineError when it has waited so long that it would be given up before its answer came: a write would be
   * done, and for all that its sender knows has to be done again
   */
  checkTime(): void {
    if (this.remainingMs < this.#timeoutMs * neededShare) {
      throw new DeadlineError(this.awaited, this.#timeoutMs);
    }
  }

  /** Takes the time limit away; the caller's signal still counts. */
  lift(): void {
    clearTimeout(this.#timer);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#forward);
  }

  /** Waits for a promise that knows no signal. */
  race<T>(work: Promise<T>): Promise<T> {
    return unlessAborted(work, this.signal);
  }
}
