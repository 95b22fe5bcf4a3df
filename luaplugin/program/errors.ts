/**
 * Exit codes: 0 done; 1 it failed: the plugin or a test, or a cluster that can't be reached or refuses; 2 bad usage or
 * input.
 */
export const exitCodes = { done: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command line can't be followed; exit code 2. The message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command can't be done, and the message says why and what to do, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions = {}, exitCode: ExitCode = exitCodes.failed) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** One thing that is wrong, and where. */
export interface Diagnostic {
  /** As the user named it; `(stdin)` for standard input. */
  readonly file: string;
  /** Counts from 1; absent where the whole file is meant. */
  readonly line?: number;
  /** What is wrong and, where it is not plain, what to do. */
  readonly message: string;
}

/** `file:line: message`, on one line. */
export function formatDiagnostic({ file, line, message }: Diagnostic): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${onOneLine(message)}`;
}

/** The user's input can't be used; the program ends with exit code 2. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly exitCode: ExitCode = exitCodes.usage;
  readonly diagnostics: readonly Diagnostic[];

  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** The plugin that a command is about does not load; exit code 1. */
export class LoadError extends InputError {
  override readonly name = 'LoadError';
  override readonly exitCode = exitCodes.failed;
}

/** A text without its line breaks. */
export function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
