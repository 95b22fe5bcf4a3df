import type { Sandbox } from '../sandbox/contract.ts';
import type { Clock } from '../time/clock.ts';

/** A sandbox with a process of its own. */
export interface OwnedSandbox extends Sandbox {
  /** Resolves once it takes calls. */
  start(): Promise<void>;
  /** Ends it at once; what is under way is rejected. */
  stop(): Promise<void>;
}

/** A review took longer than its caller waits. */
export class OverrunError extends Error {
  override readonly name = 'OverrunError';
}

export interface ReviewSandboxOptions {
  /** Makes one that is not started yet. */
  readonly create: () => OwnedSandbox;
  /** Makes one that has just started fit for calls whose time is limited. */
  readonly warmUp: (sandbox: Sandbox) => Promise<void>;
  readonly clock: Clock;
}

interface Lent {
  readonly sandbox: OwnedSandbox;
  readonly ready: Promise<void>;
  isReady: boolean;
}

/** A sandbox that nobody asked for so long, in milliseconds, is ended: its memory is worth more. */
const idleMs = 30_000;

/**
 * The sandbox for scripts under review. It is not the one that serves: whatever such a script does to its sandbox, no
 * plugin that serves waits for it, is quarantined or loses memory to it. It lives from the first review until there
 * are none for a while; a review that overruns takes the sandbox with it, and the next one gets another.
 */
export class ReviewSandbox {
  readonly #options: ReviewSandboxOptions;
  readonly #ending = new Set<Promise<void>>();
  #lent: Lent | undefined;
  #users = 0;
  #idle = new AbortController();
  #isStopped = false;

  constructor(options: ReviewSandboxOptions) {
    this.#options = options;
  }

  /**
   * Lends the sandbox to some work.
   * @throws OverrunError when the work, and the sandbox's start before it, takes longer than budgetMs; what the work
   *   throws; an Error when the sandbox was ended meanwhile
   */
  async use<T>(budgetMs: number, work: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    if (this.#isStopped) throw new Error('the operator is stopping');
    const { clock } = this.#options;
    this.#users += 1;
    this.#idle.abort();
    const lent = this.#lent ?? this.#start();
    this.#lent = lent;
    const done = new AbortController();
    const overrun = clock.sleep(budgetMs, done.signal).then(() => {
      throw new OverrunError(`not done in ${Math.round(budgetMs)} ms`);
    });
    const result = lent.ready.then(() => work(lent.sandbox));
    for (const promise of [overrun, result]) promise.catch(() => {}); // The race has one winner.
    try {
      return await Promise.race([result, overrun]);
    } catch (error) {
      // One that is still starting is not to blame, and others wait for it.
      if (error instanceof OverrunError && lent.isReady) this.#end(lent);
      throw error;
    } finally {
      done.abort();
      this.#users -= 1;
      if (this.#users === 0) this.#endWhenIdle();
    }
  }

  /** Ends the sandbox; no more is lent. May be called twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#idle.abort();
    if (this.#lent !== undefined) this.#end(this.#lent);
    await Promise.all(this.#ending);
  }

  #start(): Lent {
    const sandbox = this.#options.create();
    const ready = sandbox.start().then(() => this.#options.warmUp(sandbox));
    const lent: Lent = { sandbox, ready, isReady: false };
    ready.then(
      () => {
        lent.isReady = true;
      },
      () => this.#end(lent),
    );
    return lent;
  }

  #end(lent: Lent): void {
    if (this.#lent === lent) this.#lent = undefined;
    const ending = lent.sandbox.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #endWhenIdle(): void {
    const idle = new AbortController();
    this.#idle = idle;
    this.#options.clock.sleep(idleMs, idle.signal).then(
      () => {
        if (this.#lent !== undefined) this.#end(this.#lent);
      },
      () => {}, // There is another review.
    );
  }
}
