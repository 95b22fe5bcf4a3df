import type { CheckedParameters, Failure } from '../contract.ts';

/** From a Worker to the host's main thread. */
export type WorkerOutput =
  /** It can be given work. */
  { readonly kind: 'ready' } | { readonly kind: 'loaded'; readonly failure: Failure | undefined } | Answers;

/** From the sandbox host to the operator. */
export type HostOutput =
  /** All Workers are up. */
  | { readonly kind: 'ready' }
  | Reply
  | Answers
  /** The program overran too often: it is answered with `timeout` and not run until then, milliseconds of the epoch. */
  | { readonly kind: 'quarantined'; readonly program: string; readonly untilMs: number }
  /** A program in quarantine was tried and kept its limit. */
  | { readonly kind: 'released'; readonly program: string }
  /** A Worker was replaced. */
  | { readonly kind: 'replaced'; readonly reason: WorkerEnd };

/** What a message with a request number is answered by. */
export type Reply =
  | { readonly kind: 'loaded'; readonly request: number; readonly failure: Failure | undefined }
  | { readonly kind: 'checked'; readonly request: number; readonly result: CheckedParameters };

/** Steps of calls that follow each other in a batch. */
export interface Answers {
  readonly kind: 'answers';
  readonly batch: number;
  /** The first call's place in the batch. */
  readonly from: number;
  readonly calls: number;
  /** WireStep[][] as JSON: a string passes through the host untouched, and is harmless to read. */
  readonly steps: string;
}

/** Why a Worker ended: its call passed the deadline, its JavaScript memory ran out, or it failed by itself. */
export type WorkerEnd = 'timeout' | 'memory' | 'crash';
