import { setTimeout as delay } from 'node:timers/promises';

interface Span {
  readonly from: number;
  to: number;
}

/**
 * The times, in milliseconds since the epoch, when somebody could not act, or not be heard: nothing that was late then
 * is held against them.
 */
export class Standstill {
  readonly #spans: Span[] = [];
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** It begins now. @returns the function that ends it */
  begin(): () => void {
    const span = { from: this.#now(), to: Number.POSITIVE_INFINITY };
    this.#spans.push(span);
    return () => {
      span.to = this.#now();
    };
  }

  note(from: number, to: number): void {
    this.#spans.push({ from, to });
  }

  /** Whether it was so at any time between the two. */
  touches(from: number, to: number): boolean {
    return this.#spans.some((span) => span.from <= to && span.to >= from);
  }
}

const lookEveryMs = 100;
/** A process that runs looks so much later at the most. */
const latenessMs = 400;

/** The times when this very process, which sees all calls, did not run: a machine that does too much else. */
export const ownStandstill = new Standstill();

async function watchOneself(): Promise<void> {
  for (let last = Date.now(); ; last = Date.now()) {
    await delay(lookEveryMs, undefined, { ref: false });
    const now = Date.now();
    if (now - last > lookEveryMs + latenessMs) ownStandstill.note(last, now);
  }
}

void watchOneself();
