/** Puts a question on stderr and reads a line; Ctrl-C and the end of the input are no answer. */
export async function askAtTerminal(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      lines.once('close', () => {
        process.stderr.write('\n');
        resolve('');
      });
      lines.question(question, resolve);
    });
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}

/** Calls back at the next Ctrl-C; the one after that ends the program as ever. @returns its undo */
export function onInterrupt(listener: () => void): () => void {
  process.once('SIGINT', listener);
  return () => process.off('SIGINT', listener);
}
