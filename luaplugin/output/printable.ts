import type { Output } from '../program/io.ts';

// Control characters but tab, with those of Unicode that turn a line round: a terminal acts on them.
const controls = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** One line of text that is safe on a terminal: what a terminal would act on becomes a replacement character. */
export function printable(text: string): string {
  return text.replaceAll(controls, (character) => (character === '\t' ? character : '\ufffd'));
}

/** The lines that a script printed. */
export function linesOf(output: string): string[] {
  return output === '' ? [] : output.replace(/\n$/, '').split('\n');
}

/** Writes one line that is safe on a terminal, whoever wrote what is in it. */
export function writeLine(output: Output, line: string): void {
  output.write(`${printable(line)}\n`);
}
