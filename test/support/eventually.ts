import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

const pollIntervalMs = 50;

/**
 * Asks again and again until the answer is there, and returns it.
 *
 * "Not yet" is a false, null or undefined answer, or an exception (so that assertions can stand in `ask`).
 * Throws after the time limit, naming what was waited for and the last answer or error.
 * @param what completes "waited for ...".
 * @param limit.timeoutMs two minutes by default: on a busy machine what comes may come late, and only what never comes
 *   is waited for so long.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 120_000 }: { readonly timeoutMs?: number } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const attempt = await answer(ask);
    if ('value' in attempt && isThere(attempt.value)) return attempt.value;
    if (Date.now() >= deadline) throw timeoutError(what, timeoutMs, attempt);
    await delay(pollIntervalMs);
  }
}

type Attempt<T> = { readonly value: T } | { readonly error: unknown };

async function answer<T>(ask: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { error };
  }
}

function isThere<T>(value: T): value is NonNullable<Exclude<T, false>> {
  return value !== undefined && value !== null && value !== false;
}

function timeoutError(what: string, timeoutMs: number, last: Attempt<unknown>): Error {
  const prefix = `waited ${timeoutMs} ms for ${what};`;
  if ('value' in last) return new Error(`${prefix} the last answer was ${inspect(last.value, { depth: 4 })}`);
  const { error } = last;
  return new Error(
    `${prefix} the last error was: ${error instanceof Error ? error.message : inspect(error)}`,
    {
      cause: error,
    },
  );
}
