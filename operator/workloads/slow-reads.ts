import { ConnectionError } from '../kube/client/errors.ts';
import { Places } from '../kube/queue/places.ts';
import { unlessAborted } from '../time/aborted.ts';
import type { Clock } from '../time/clock.ts';

/** A read that has no answer after so many milliseconds is slow. */
const slowMs = 5_000;
/** For so long, in milliseconds, a kind whose read was slow counts as slow, unless one is quick again. */
const rememberedMs = 60_000;

/**
 * Bounds what kinds may take whose reads get their answers late or never, as behind an aggregated API server or a
 * conversion webhook that hangs: whoever reads holds a worker meanwhile. A slow read needs a place, of which each kind
 * has its share (see Places); one that gets none fails, and is to be tried again.
 */
export class SlowReads {
  readonly #clock: Clock;
  readonly #places: Places;
  /** By kind: until when it counts as slow, in the clock's milliseconds; the earliest first. */
  readonly #slow = new Map<string, number>();

  /** @param workers how many there are to be held */
  constructor(workers: number, clock: Clock) {
    this.#places = new Places(workers);
    this.#clock = clock;
  }

  /**
   * @param kind any name of it
   * @param read should end when its signal aborts; is not waited for then
   * @throws ConnectionError when the kind is slow and has its share, else what `read` throws
   */
  async run<T>(kind: string, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const givenUp = new AbortController();
    const ended = new AbortController();
    const begun = this.#clock.now();
    let hasPlace = (this.#slow.get(kind) ?? begun) > begun;
    if (hasPlace) this.#take(kind);
    const becomesSlow = () => {
      this.#remember(kind);
      if (!hasPlace) this.#take(kind);
      hasPlace = true;
    };
    this.#clock
      .sleep(slowMs, ended.signal)
      .then(becomesSlow)
      // Told to a read that has ended it does nothing.
      .catch((error: unknown) => givenUp.abort(error));
    try {
      return await unlessAborted(read(givenUp.signal), givenUp.signal);
    } finally {
      ended.abort();
      if (this.#clock.now() - begun < slowMs) this.#slow.delete(kind);
      if (hasPlace) this.#places.giveBack(kind);
    }
  }

  #take(kind: string): void {
    if (this.#places.isFull || this.#places.hasEnough(kind, false)) {
      const message = `${kind} is read slowly, and as many wait for that as may: others must not wait, too`;
      throw new ConnectionError(message, { code: 'REQUEST_TIMEOUT' });
    }
    this.#places.take(kind);
  }

  #remember(kind: string): void {
    const now = this.#clock.now();
    this.#slow.delete(kind);
    this.#slow.set(kind, now + rememberedMs);
    for (const [other, until] of this.#slow) if (until <= now) this.#slow.delete(other);
  }
}
