import { UsageError } from './errors.ts';

/** What a command needs of an output stream; process.stdout fits. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A command's surroundings: the process's own streams, or a test's. */
export interface Io {
  readonly stdin: () => AsyncIterable<Uint8Array | string>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Puts a question to the person at the terminal; absent where nobody is there. No answer is the empty string. */
  readonly ask?: (question: string) => Promise<string>;
  /** Calls back at the first Ctrl-C, instead of ending the program; a second one ends it. @returns its undo */
  readonly onInterrupt?: (listener: () => void) => () => void;
}

/** Asks the person at the terminal whether to go on. @throws UsageError where nobody is there: a script has to say so */
export async function isConfirmed(question: string, io: Io): Promise<boolean> {
  if (io.ask === undefined) {
    throw new UsageError(
      'nobody is at a terminal to be asked, and nothing was changed; give --yes, or look with --dry-run first',
    );
  }
  const answer = await io.ask(`${question} [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return true;
  io.stderr.write(nothingChanged);
  return false;
}

/** Said of a command that was stopped before it did anything. */
export const nothingChanged = 'stopped; nothing was changed\n';
