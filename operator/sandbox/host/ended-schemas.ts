import { createHash } from 'node:crypto';
import type { Clock } from '../../time/clock.ts';

/** Milliseconds. So long a schema whose check was ended is not tried again. */
const refusedMs = 60_000;
/** Schemas remembered; the oldest goes first. */
const mostSchemas = 1000;

/** Schemas whose check had to be ended: what was said of them is said again at once, for a while. */
export class EndedSchemas {
  readonly #clock: Clock;
  readonly #seen = new Map<string, { readonly message: string; readonly until: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param schema its text. */
  add(schema: string, message: string): void {
    const key = digest(schema);
    this.#seen.delete(key);
    this.#seen.set(key, { message, until: this.#clock.now() + refusedMs });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > mostSchemas && oldest !== undefined) this.#seen.delete(oldest);
  }

  /** What was said of the schema, while it is not tried again. */
  verdict(schema: string): string | undefined {
    const seen = this.#seen.get(digest(schema));
    return seen && seen.until > this.#clock.now() ? seen.message : undefined;
  }
}

function digest(schema: string): string {
  return createHash('sha256').update(schema).digest('base64');
}
