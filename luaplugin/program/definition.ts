import type { ExitCode } from './exit-codes.ts';

/** Takes a command's exit code once it is done. */
export type Finish = (code: ExitCode) => void;

/** The end of a command's help: lines to try, and what else to know. */
export function helpEnd(lines: readonly string[], ...notes: string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  ${line}`), ...notes.flatMap((note) => ['', note])].join(
    '\n',
  );
}

/** The command line can't be followed; exit code 2. The message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command can't be done, and the message says why and what to do, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
