import type { Random } from '../../time/clock.ts';

/** How long to wait before trying again: doubling, with jitter. */
export interface BackOffPolicy {
  /** The first wait, in milliseconds. */
  readonly firstMs: number;
  /** No wait is longer, in milliseconds. */
  readonly longestMs: number;
}

/** @param failures how many there were in a row, from 1. @returns milliseconds, between half of the wait and all of it. */
export function backOffMs(policy: BackOffPolicy, failures: number, random: Random): number {
  const wait = Math.min(policy.longestMs, policy.firstMs * 2 ** (failures - 1));
  return wait * (0.5 + random() / 2);
}
