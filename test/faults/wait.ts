import { eventually } from '../support/eventually.ts';

/** What is waited for comes within seconds; a machine that does much else may take this long, in milliseconds. */
const patienceMs = 90_000;

/** `eventually`, with patience for a busy machine. */
export function until<T>(what: string, ask: () => T | Promise<T>): Promise<NonNullable<Exclude<T, false>>> {
  return eventually(what, ask, { timeoutMs: patienceMs });
}
