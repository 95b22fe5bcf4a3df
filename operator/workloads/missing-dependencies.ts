import { EventEmitter } from 'node:events';
import { describeError } from '../kube/client/errors.ts';
import type { Logger } from '../observability/logging.ts';
import { unlessAborted } from '../time/aborted.ts';
import { backoffDelay } from '../time/backoff.ts';
import type { Clock, Random } from '../time/clock.ts';

export interface MissingDependenciesOptions {
  readonly clock: Clock;
  readonly random?: Random;
  readonly logger: Logger;
  /** Milliseconds between two rounds of questions. */
  readonly intervalMs: number;
  /** Things waited for at the most; the one waited for longest is forgotten first. Default: 500. */
  readonly capacity?: number;
}

const defaultCapacity = 500;
/** Characters. No kind, group or permission is longer; an owner reference may hold a megabyte. */
const maxLength = 1_024;
/** So often a thing is asked for round after round: a permission that somebody is just granting. */
const quickTries = 6;
/** Then twice as rarely each time, down to once in so many rounds: with rounds of 5 s every 5 minutes. */
const longestRounds = 60;
/** Questions a round, those first that were asked least often: with rounds of 5 s at most 120 a minute. */
const questionsPerRound = 10;
/**
 * A Pod whose owners wait for something is looked at again every 10 minutes, and then says again what that is. What
 * nobody has said for so long, in milliseconds, no Pod waits for any more.
 */
const forgottenMs = 25 * 60_000;

interface Thing {
  /** Asks whether it is there. */
  readonly isThere: () => Promise<boolean>;
  /** Undefined: it is of the whole cluster. */
  readonly namespace: string | undefined;
  /** Times in milliseconds, on the steady clock. */
  saidAt: number;
  dueAt: number;
  /** How often it was asked for in vain. */
  tries: number;
}

/** Things without which owners could not be followed further: a served kind or group, a permission. */
export class MissingDependencies {
  readonly #options: MissingDependenciesOptions;
  /** By what it is. */
  readonly #things = new Map<string, Thing>();
  readonly #listeners = new EventEmitter<{ arrival: [] }>();

  constructor(options: MissingDependenciesOptions) {
    this.#options = options;
  }

  /** Has the listener told when something is there: once for all that came in one round. */
  onArrival(listener: () => void): void {
    this.#listeners.on('arrival', listener);
  }

  /**
   * Waits for a thing, once for all who ask. It is forgotten when nobody has asked again for 25 minutes.
   * @param what names it, for the log
   * @param namespace where it matters; undefined for the whole cluster
   */
  add(what: string, isThere: () => Promise<boolean>, namespace?: string): void {
    const { clock, capacity = defaultCapacity } = this.#options;
    const saidAt = clock.now();
    const known = this.#things.get(what);
    if (known !== undefined) known.saidAt = saidAt;
    if (what.length > maxLength || known !== undefined) return;
    this.#things.set(what, { isThere, namespace, saidAt, dueAt: saidAt + this.#delay(0), tries: 0 });
    const oldest = this.#things.keys().next();
    if (this.#things.size > capacity && !oldest.done) this.#things.delete(oldest.value);
  }

  /** The namespace is gone, and whatever waited for something there. */
  forgetNamespace(namespace: string): void {
    for (const [what, thing] of this.#things) if (thing.namespace === namespace) this.#things.delete(what);
  }

  /** Looks for what is missing, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => {});
      if (!signal.aborted) await this.#look(signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    let arrived = false;
    for (const [what, thing] of this.#due()) {
      const isThere = await this.#isThere(what, thing, signal);
      if (signal.aborted) return;
      if (isThere) {
        this.#things.delete(what);
        arrived = true;
        this.#options.logger.info({ what }, 'owners can be followed further: it is there now');
      } else {
        thing.tries += 1;
        thing.dueAt = this.#options.clock.now() + this.#delay(thing.tries);
      }
    }
    if (arrived) this.#listeners.emit('arrival');
  }

  /** What this round asks for: what was asked for least often has the best chance, and Pods that are new. */
  #due(): [string, Thing][] {
    const now = this.#options.clock.now();
    for (const [what, { saidAt }] of this.#things) {
      if (now - saidAt >= forgottenMs) this.#things.delete(what);
    }
    return [...this.#things]
      .filter(([, { dueAt }]) => dueAt <= now)
      .sort(([, a], [, b]) => a.tries - b.tries || a.dueAt - b.dueAt)
      .slice(0, questionsPerRound);
  }

  async #isThere(what: string, { isThere }: Thing, signal: AbortSignal): Promise<boolean> {
    try {
      return await unlessAborted(isThere(), signal);
    } catch (error) {
      this.#options.logger.debug(
        { what, error: describeError(error) },
        'could not look for what owners wait for',
      );
      return false;
    }
  }

  #delay(tries: number): number {
    const { intervalMs, random = Math.random } = this.#options;
    return backoffDelay(
      Math.max(0, tries - quickTries),
      { baseMs: intervalMs, maxMs: intervalMs * longestRounds },
      random,
    );
  }
}
