/** Milliseconds. So many overruns within the window put a program into quarantine. */
const strikesAllowed = 3;
const windowMs = 60_000;
const firstMs = 10_000;
const longestMs = 600_000;

interface Record {
  /** When it overran lately. */
  strikes: number[];
  /** How often it was put into quarantine without proving itself since. */
  terms: number;
  /** When the present term ends; undefined while it is free. */
  until: number | undefined;
  /** Whether it is being tried right now. */
  onTrial: boolean;
}

/** `free`: run it like any other. `due`: its term is over, try it once, alone. `barred`: do not run it. */
export type Standing = 'free' | 'due' | 'barred';

/**
 * Which programs may run. One that keeps overrunning costs its neighbours a Worker each time, so it is left out for a
 * while, longer each time; then one call of it is tried in a Worker of its own, and only if that goes well it is
 * free again.
 */
export class Quarantine {
  readonly #records = new Map<string, Record>();

  standing(program: string, now: number): Standing {
    const record = this.#records.get(program);
    if (record?.until === undefined) return 'free';
    return record.until > now || record.onTrial ? 'barred' : 'due';
  }

  /** When the program's term ends, or ended; undefined while it is free. */
  until(program: string): number | undefined {
    return this.#records.get(program)?.until;
  }

  /** The program passed its limit. @returns whether that put it into quarantine, again or for the first time. */
  overran(program: string, now: number): boolean {
    const record = this.#records.get(program) ?? { strikes: [], terms: 0, until: undefined, onTrial: false };
    this.#records.set(program, record);
    record.strikes = [...record.strikes.filter((time) => time > now - windowMs), now];
    const failedTrial = record.onTrial;
    if (!failedTrial && (record.until !== undefined || record.strikes.length < strikesAllowed)) return false;
    record.onTrial = false;
    record.until = now + Math.min(longestMs, firstMs * 2 ** record.terms);
    record.terms++;
    record.strikes = [];
    return true;
  }

  /** A call of a program that was due is about to run alone. */
  tryOut(program: string): void {
    const record = this.#records.get(program);
    if (record) record.onTrial = true;
  }

  /** The trial came to nothing: an earlier program resolved the Pod, or the Worker failed. */
  trialLapsed(program: string): void {
    const record = this.#records.get(program);
    if (record) record.onTrial = false;
  }

  /** The trial went well. The terms still count when it overruns again soon. */
  passed(program: string): void {
    const record = this.#records.get(program);
    if (!record) return;
    record.onTrial = false;
    record.until = undefined;
  }

  forget(program: string): void {
    this.#records.delete(program);
  }
}
