import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** How a command ended: its exit code, or null when a signal ended it. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line of stderr. */
  readonly onErrorLine: (line: string) => void;
  /** Kills the command when it aborts. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end. Throws only when it can't be started (ENOENT) or the signal aborts. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, onErrorLine, signal }: CommandOptions,
): Promise<CommandResult> {
  const child = spawn(command, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  createInterface({ input: child.stderr }).on('line', onErrorLine);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout };
}
