/** Exit codes: 0 done; 1 the plugin or a test failed; 2 bad usage or input. */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
