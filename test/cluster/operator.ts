import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.ts';
import { startGuard } from './guard.ts';

/** One line of the operator's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The operator, running as a process of its own. */
export interface RunningOperator {
  /** Where /metrics, /healthz and /readyz are, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly pid: number;
  /** The log so far. What is no JSON (a crash) is a line of level `raw`. */
  logs(): readonly LogLine[];
  /** The exit code once it has ended; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Ends it (SIGTERM by default) and returns the exit code. Throws, after killing it, when that takes 20 s. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface OperatorOptions {
  readonly kubeconfig: string;
  readonly configFile?: string;
  readonly logLevel?: string;
  /** More flags. */
  readonly args?: readonly string[];
  /** The program's file; `operator/main.ts` by default. */
  readonly entry?: string;
  /** More environment; it gets none of ours but PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

const mainFile = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));
const startTimeoutMs = 90_000;
const stopTimeoutMs = 20_000;

/**
 * Starts the operator on a free port, and returns once it serves HTTP. It dies with this process.
 * Throws with its output when it ends before.
 */
export function startOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { kubeconfig, configFile, logLevel = 'debug', entry = mainFile, env = {} } = options;
  const args = [entry, '--kubeconfig', kubeconfig, '--http-address', '127.0.0.1:0', '--log-level', logLevel];
  if (configFile !== undefined) args.push('--config', configFile);
  args.push(...(options.args ?? []));
  return launchOperator(process.execPath, args, { PATH: process.env.PATH, ...env });
}

/**
 * The same with any command line, whose process is the operator's. It gets no environment but this.
 */
export async function launchOperator(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<RunningOperator> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: LogLine[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => lines.push(parseLine(line)));
  }
  const guard = startGuard();
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => {
    hasEnded = true;
    return guard.release();
  });
  ended.catch(() => {}); // reported by whoever awaits it
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    let wasKilled = false;
    const deadline = setTimeout(() => {
      wasKilled = true;
      child.kill('SIGKILL');
    }, stopTimeoutMs);
    const code = await ended.finally(() => clearTimeout(deadline));
    if (wasKilled) throw new Error(`the operator did not end within ${stopTimeoutMs} ms of ${signal}`);
    return code;
  };
  const { pid } = child;
  if (pid === undefined)
    throw new Error('the operator could not be started', { cause: await ended.catch((e) => e) });
  guard.add(pid);
  try {
    const port = await eventually(
      'the operator to serve HTTP, or to end',
      () => (hasEnded ? 'ended' : servedPort(lines)),
      { timeoutMs: startTimeoutMs },
    );
    if (port === 'ended') throw new Error(`the operator ended with ${await ended}`);
    return { url: `http://127.0.0.1:${port}`, pid, logs: () => [...lines], ended, stop };
  } catch (error) {
    if (!hasEnded) await stop('SIGKILL');
    const output = lines.map((line) => JSON.stringify(line)).join('\n');
    throw new Error(`${error instanceof Error ? error.message : error}; its output:\n${output}`, {
      cause: error,
    });
  }
}

function servedPort(lines: readonly LogLine[]): number | undefined {
  const port = lines.find((line) => line.msg === 'serving HTTP')?.port;
  return typeof port === 'number' ? port : undefined;
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { level: 'raw', msg: line };
  }
}
