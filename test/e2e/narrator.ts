import { styleText } from 'node:util';

/** Tells the story to whoever watches: a person at a terminal, a log, or nobody. */
export interface Narrator {
  /** A step begins. */
  step(title: string): void;
  /** A command that the reader could type. */
  command(text: string): void;
  /** What a command printed, or part of it. */
  output(text: string): void;
  /** What the reader should notice. */
  fact(text: string): void;
}

/** Says nothing, for tests. */
export const silentNarrator: Narrator = { step() {}, command() {}, output() {}, fact() {} };

/** Writes to a stream; in colour where the stream is a terminal. */
export function streamNarrator(stream: NodeJS.WritableStream & { isTTY?: boolean }): Narrator {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    stream.isTTY ? styleText(format, text) : text;
  let number = 0;
  return {
    step(title) {
      number += 1;
      stream.write(`\n${style(['bold', 'cyan'], `${number}. ${title}`)}\n`);
    },
    command: (text) => void stream.write(`${style('bold', `$ ${text}`)}\n`),
    output: (text) => void stream.write(`${text.trimEnd()}\n`),
    fact: (text) => void stream.write(`${style('green', `=> ${text}`)}\n`),
  };
}
