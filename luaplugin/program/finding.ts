/** One thing that is wrong, and where. */
export interface Finding {
  /** As the user named it; `(stdin)` for standard input. */
  readonly file: string;
  /** Counts from 1; absent where the whole file is meant. */
  readonly line?: number;
  /** What is wrong and, where it is not plain, what to do. */
  readonly message: string;
}

/** `file:line: message`, on one line. */
export function formatFinding({ file, line, message }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return `${place}: ${message.replaceAll(/\s*\n\s*/g, ' ')}`;
}

/** The user's input can't be used; the program ends with exit code 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(findings.map(formatFinding).join('\n'));
    this.findings = findings;
  }
}
