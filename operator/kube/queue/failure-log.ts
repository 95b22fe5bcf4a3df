import type { Logger } from '../../observability/logging.ts';
import type { Clock } from '../../time/clock.ts';
import { ApiError, ConnectionError, describeError } from '../client/errors.ts';

/** How often, in milliseconds, is said how many failures of a cause there were. */
const intervalMs = 60_000;
/** With more causes than that at a time, each kind of error counts as one. */
const maxCauses = 32;

interface Cause {
  readonly level: 'warn' | 'error';
  /** Since it was last told of. */
  count: number;
  total: number;
  /** When it is told of next, in the clock's milliseconds. */
  dueAt: number;
  /** The last one's. */
  key: string;
  error: string;
}

/** A failure of a queue's handler. */
export interface Failure {
  readonly key: string;
  readonly error: unknown;
  /** `error`: it is not tried again. */
  readonly level: 'warn' | 'error';
  /** What is said of this one besides. */
  readonly fields?: object;
}

/**
 * Tells of a queue's failures with one line a cause: of the first, then each minute how many more there were, and at
 * last that a minute passed without. Each single one is at level debug.
 */
export class FailureLog {
  readonly #queue: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  /** The one that is told of next at the front: each waits as long as the others. */
  readonly #causes = new Map<string, Cause>();

  constructor(queue: string, logger: Logger, clock: Clock) {
    this.#queue = queue;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** When `tell` has something to do, in the clock's milliseconds. */
  get nextDueAt(): number | undefined {
    return this.#causes.values().next().value?.dueAt;
  }

  add({ key, error, level, fields }: Failure): void {
    const line = { queue: this.#queue, key, ...fields, error: describeError(error) };
    const text = `${this.#queue}: ${key} failed${level === 'warn' ? ', trying again' : ' for good'}`;
    const known = this.#find(error, key, level);
    if (known.total > 0) {
      known.count += 1;
      this.#logger.debug(line, text);
    } else {
      this.#logger[level](line, text);
    }
    known.total += 1;
    known.key = key;
    known.error = line.error;
  }

  /** Says how many there were of each cause whose interval is over. */
  tell(): void {
    const now = this.#clock.now();
    for (const [id, cause] of this.#causes) {
      if (cause.dueAt > now) return;
      this.#causes.delete(id);
      this.#sayMore(cause);
      if (cause.count > 0) this.#causes.set(id, { ...cause, count: 0, dueAt: now + intervalMs });
      else if (cause.total > 1) this.#sayOver(cause);
    }
  }

  /** The queue's work ends: what is not told yet is, and nothing is kept. */
  end(): void {
    for (const cause of this.#causes.values()) this.#sayMore(cause);
    this.#causes.clear();
  }

  #find(error: unknown, key: string, level: Cause['level']): Cause {
    const exact = `${level} ${causeOf(error, key)}`;
    const id = this.#causes.size < maxCauses || this.#causes.has(exact) ? exact : `${level} ${kindOf(error)}`;
    let cause = this.#causes.get(id);
    if (cause === undefined) {
      const dueAt = this.#clock.now() + intervalMs;
      cause = { level, count: 0, total: 0, dueAt, key, error: '' };
      this.#causes.set(id, cause);
    }
    return cause;
  }

  #sayMore({ level, count, total, key, error }: Cause): void {
    if (count === 0) return;
    const fields = { queue: this.#queue, count, total, key, error };
    this.#logger[level](fields, `${this.#queue}: ${count} more failures for the same reason, of ${key} last`);
  }

  #sayOver({ total, key, error }: Cause): void {
    const fields = { queue: this.#queue, total, key, error };
    this.#logger.info(fields, `${this.#queue}: no more failures for this reason; there were ${total}`);
  }
}

/**
 * What failures have in common that happened for the same reason: an error's text without what tells one object or
 * one moment from another: the object's name, UIDs, URLs' paths and numbers. The reason, the refuser's name and what
 * it says stay.
 * @param key what failed, which the text may name
 */
function causeOf(error: unknown, key: string): string {
  let text = describeError(error);
  for (const name of [error instanceof ApiError ? error.details?.name : undefined, key]) {
    if (name) text = text.replaceAll(name, '*');
  }
  return text
    .replace(/\/apis?\/[^\s:?]*/g, '/*')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '*')
    .replace(/\d+/g, '#');
}

/** The kind of a failure alone, for those whose texts have nothing in common. */
function kindOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.reason}`;
  if (error instanceof ConnectionError) return error.code;
  return error instanceof Error ? error.name : typeof error;
}
