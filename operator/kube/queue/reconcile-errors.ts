import { isConflict, retryAfterMs } from '../client/errors.ts';

/** Thrown by a handler when trying again cannot help: counted and logged, never retried. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** Thrown by a handler that wants to be called again after a while; nothing is wrong, nothing is logged. */
export class RetryAfterError extends Error {
  override readonly name = 'RetryAfterError';
  /** Milliseconds until the next call. */
  readonly ms: number;

  constructor(ms: number, message = `call again in ${ms} ms`) {
    super(message);
    this.ms = ms;
  }
}

/**
 * How a handler's call ended, by what follows from it. `conflict`: somebody else was faster; read and try again,
 * quietly. `stopped`: the queue's own signal ended it.
 */
export type Outcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'retryAfter'; readonly ms: number }
  | { readonly kind: 'conflict'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown; readonly minDelayMs: number }
  | { readonly kind: 'terminal'; readonly error: unknown }
  | { readonly kind: 'stopped' };

/** Sorts what a handler threw. */
export function outcomeOf(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { kind: 'stopped' };
  if (error instanceof RetryAfterError) return { kind: 'retryAfter', ms: error.ms };
  if (error instanceof TerminalError) return { kind: 'terminal', error };
  if (isConflict(error)) return { kind: 'conflict', error };
  return { kind: 'failed', error, minDelayMs: retryAfterMs(error) ?? 0 };
}
