import { describeError } from '../kube/client/errors.ts';
import type { Logger } from '../observability/logging.ts';
import { type Clock, systemClock } from '../time/clock.ts';

/** Something that works as long as it is let: a Reflector, a WorkQueue. */
export interface Runnable {
  /** Works until the signal aborts; resolves when all it began has ended. */
  run(signal: AbortSignal): Promise<void>;
}

/** A part failed, or ended without being told to. The message is one line: the part's name and the cause. */
export class PartError extends Error {
  override readonly name: string = 'PartError';

  constructor(part: string, cause: unknown) {
    super(`${part}: ${describeError(cause)}`, { cause });
  }
}

/** A part was told to end and does not. It may not be started again beside itself: only a restart helps. */
export class StuckPartError extends PartError {
  override readonly name = 'StuckPartError';
}

export interface RunGroupOptions {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Ends the group, all parts at once. */
  readonly signal?: AbortSignal;
  /** Told at once of the first part that fails; the others still have to end. */
  readonly onFailure?: (failure: PartError) => void;
  /**
   * Milliseconds in which a part has to end once it is told to; 120,000 by default: a call to the API server takes 30 s
   * at the most, and none makes more than a few.
   */
  readonly endMs?: number;
}

interface Member {
  readonly name: string;
  readonly stopping: AbortController;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Parts that run together or not at all. The first one that fails ends the others; a group ends once, when its signal
 * aborts, a part fails, or stop() is called.
 */
export class RunGroup {
  readonly #options: Required<Omit<RunGroupOptions, 'signal'>>;
  readonly #members: Member[] = [];
  readonly #result = Promise.withResolvers<void>();
  #failure: PartError | undefined;
  #ending: Promise<void> | undefined;

  constructor({
    signal,
    onFailure = () => {},
    logger,
    clock = systemClock,
    endMs = 120_000,
  }: RunGroupOptions) {
    this.#options = { onFailure, logger, clock, endMs };
    const abort = () => void this.stop();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    this.#result.promise.catch(() => {}).finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Why the group ended, or why it can't end: the first cause. Undefined as long as all is well. */
  get failure(): PartError | undefined {
    return this.#failure;
  }

  /** Settles when all parts have ended, or were given up. Rejects with the failure, if there is one. */
  get ended(): Promise<void> {
    return this.#result.promise;
  }

  /**
   * Starts a part, unless the group is ending.
   * @param name for the log and /healthz
   * @param mayEnd whether it may end before it is told to; otherwise that is a failure
   */
  start(name: string, part: Runnable, { mayEnd = false } = {}): void {
    if (this.#ending !== undefined) return;
    const stopping = new AbortController();
    const { signal } = stopping;
    const ended = (async () => {
      try {
        await part.run(signal);
        if (!signal.aborted && !mayEnd) throw new Error('it ended by itself');
      } catch (error) {
        if (!signal.aborted) this.#fail(new PartError(name, error));
        else
          this.#options.logger.debug(
            { part: name, error: describeError(error) },
            'a part failed as it ended',
          );
      }
    })();
    this.#members.push({ name, stopping, ended });
  }

  /** Tells all parts to end, the last started first; resolves as `ended` settles. May be called twice. */
  stop(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    await Promise.all(this.#members.toReversed().map((member) => this.#stop(member)));
    if (this.#failure === undefined) this.#result.resolve();
    else this.#result.reject(this.#failure);
  }

  /** Tells a part to end and waits for it, but not for ever. */
  async #stop({ name, stopping, ended }: Member): Promise<void> {
    const { clock, endMs, logger } = this.#options;
    stopping.abort();
    const waiting = new AbortController();
    const isLate = clock.sleep(endMs, waiting.signal).then(
      () => true,
      () => false,
    );
    const gaveUp = await Promise.race([ended.then(() => false), isLate]);
    waiting.abort();
    if (!gaveUp) return;
    const after = this.#failure === undefined ? '' : `, after ${this.#failure.message}`;
    this.#failure = new StuckPartError(name, `it did not end within ${endMs / 1000} s${after}`);
    logger.error({ part: name }, this.#failure.message);
  }

  #fail(failure: PartError): void {
    if (this.#failure === undefined) {
      this.#failure = failure;
      this.#options.onFailure(failure);
    }
    void this.stop();
  }
}
