import type { FailureReason } from '../../../operator/sandbox/contract.ts';

/** One hostile program and how it must end. */
export interface Hostile {
  /** What it tries, as the end of the sentence "A script that ...". */
  readonly title: string;
  /** The body of its function; `meta` is the Pod's decoded metadata and `text` its JSON. */
  readonly body?: string;
  /** The whole script instead. */
  readonly script?: string;
  /** How the load, or else the last call, must end. */
  readonly ends: FailureReason | 'resolved' | 'skipped';
  /** What its message must say. */
  readonly message?: RegExp;
  /** How often it is called, in one Worker; 1 unless said otherwise. */
  readonly calls?: number;
  /** 16 unless said otherwise. */
  readonly memoryMiB?: number;
}
