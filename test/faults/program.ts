import { parseArgs } from 'node:util';

const exitCodes = { passed: 0, failed: 1, usage: 2 } as const;
const started = Date.now();

/** Prints a line, with the minutes and seconds since the program began. */
export function say(text: string): void {
  const seconds = Math.floor((Date.now() - started) / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  process.stdout.write(`${two(Math.floor(seconds / 60))}:${two(seconds % 60)} ${text}\n`);
}

/**
 * Runs one of the programs that break things for a while, and ends the process: 0 passed, 1 failed, 2 bad usage.
 * @param name its make target
 * @param minutes how long it runs by default
 * @param run says what is wrong, or throws; undefined when it passed
 */
export async function runProgram(
  name: string,
  minutes: number,
  run: (minutes: number, seed: number) => Promise<string | undefined>,
): Promise<never> {
  const options = parse(minutes);
  if (options === undefined) {
    process.stderr.write(`usage: make ${name} ARGS='[--minutes ${minutes}] [--seed N]'\n`);
    process.exit(exitCodes.usage);
  }
  try {
    const wrong = await run(options.minutes, options.seed);
    process.stdout.write(wrong === undefined ? 'passed\n' : `failed: ${wrong}\n`);
    process.exit(wrong === undefined ? exitCodes.passed : exitCodes.failed);
  } catch (error) {
    process.stderr.write(`failed (seed ${options.seed}): ${error instanceof Error ? error.stack : error}\n`);
    process.exit(exitCodes.failed);
  }
}

function parse(defaultMinutes: number): { minutes: number; seed: number } | undefined {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
    const minutes = Number(values.minutes ?? defaultMinutes);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    return minutes > 0 && Number.isInteger(seed) ? { minutes, seed } : undefined;
  } catch {
    return undefined;
  }
}
