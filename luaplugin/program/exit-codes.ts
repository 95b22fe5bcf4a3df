/**
 * Exit codes: 0 done; 1 it failed: the plugin or a test, or a cluster that can't be reached or refuses; 2 bad usage or
 * input.
 */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
