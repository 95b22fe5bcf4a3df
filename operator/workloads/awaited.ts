import type { Clock } from '../kube/clock.ts';
import { describeError } from '../kube/errors.ts';
import type { Logger } from '../observability/logging.ts';

export interface AwaitedThingsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told once for all that came in one round. */
  readonly onArrival: () => void;
  /** Milliseconds between two rounds of questions. */
  readonly intervalMs: number;
  /** Things waited for at the most; the one waited for longest is forgotten first. Default: 500. */
  readonly capacity?: number;
}

const defaultCapacity = 500;
/** Characters. No kind, group or permission is longer; an owner reference may hold a megabyte. */
const maxLength = 1_024;

/** Things without which owners could not be followed further: a served kind or group, a permission. */
export class AwaitedThings {
  readonly #options: AwaitedThingsOptions;
  /** Asks whether it is there, by what it is. */
  readonly #things = new Map<string, () => Promise<boolean>>();

  constructor(options: AwaitedThingsOptions) {
    this.#options = options;
  }

  /** Waits for a thing, once for all who ask. @param what names it, for the log */
  add(what: string, isThere: () => Promise<boolean>): void {
    if (what.length > maxLength || this.#things.has(what)) return;
    this.#things.set(what, isThere);
    const oldest = this.#things.keys().next();
    const { capacity = defaultCapacity } = this.#options;
    if (this.#things.size > capacity && !oldest.done) this.#things.delete(oldest.value);
  }

  /** Looks for what is awaited, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs } = this.#options;
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal).catch(() => {});
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { logger, onArrival } = this.#options;
    let arrived = false;
    for (const [what, isThere] of this.#things) {
      try {
        if (!(await isThere())) continue;
      } catch (error) {
        logger.debug({ what, error: describeError(error) }, 'could not look for what owners wait for');
        continue;
      }
      this.#things.delete(what);
      arrived = true;
      logger.info({ what }, 'owners can be followed further: it is there now');
    }
    if (arrived) onArrival();
  }
}
