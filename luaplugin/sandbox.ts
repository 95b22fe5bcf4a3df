import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../operator/observability/logging.ts';
import { programOf } from '../operator/plugins/script/program.ts';
import type { Program, Sandbox } from '../operator/sandbox/contract.ts';
import { SandboxHost } from '../operator/sandbox/host-client.ts';
import { retryingSandbox } from '../operator/sandbox/retrying-sandbox.ts';
import { warmUp } from '../operator/sandbox/warm-up.ts';
import type { LocatedPlugin } from './input/valid-plugin.ts';
import { type Diagnostic, LoadError } from './program/errors.ts';
import { forEachAtOnce } from './program/parallel.ts';

/** It takes a quarter of a second; a machine where it takes so long can't start it at all. */
const startMs = 30_000;

/**
 * Lends a sandbox of its own, the operator's, to a command, and ends it.
 * @param workers how many calls run at a time
 * @param allowedTypes the only types that a plugin may give; undefined allows all
 */
export async function withSandbox<T>(
  workers: number,
  use: (sandbox: Sandbox) => Promise<T>,
  allowedTypes?: readonly string[],
): Promise<T> {
  const sandbox = new SandboxHost({ logger: silentLogger, workers, allowedTypes });
  const late = sleep(startMs, 'late', { ref: false });
  try {
    if ((await Promise.race([sandbox.start(), late])) === 'late') {
      throw new Error(`the sandbox did not start within ${startMs / 1000} s`);
    }
    await warmUp(sandbox);
    return await use(sandbox);
  } finally {
    await sandbox.stop();
  }
}

/**
 * Loads a plugin as the operator does: its parameters are checked, its script compiled, its top level run. A load
 * that takes too long is tried again.
 * @param id names it among all that are loaded
 * @returns the program, or why it can't be called
 */
export async function loadPlugin(
  located: LocatedPlugin,
  id: string,
  sandbox: Sandbox,
): Promise<Program | Diagnostic> {
  const made = await programOf(located.plugin, id, sandbox);
  if (!made.ok) {
    const [field = ''] = made.message.split(/[: ]/);
    return { file: located.file, line: located.lineOf(field.split('.')), message: made.message };
  }
  const failure = await retryingSandbox(sandbox).load(made.program);
  return failure === undefined ? made.program : located.diagnosticOf(failure);
}

/**
 * Lends a sandbox with one Worker in which a plugin is loaded.
 * @param use is given the name of the plugin's program
 * @throws LoadError
 */
export async function withLoadedPlugin<T>(
  located: LocatedPlugin,
  use: (program: string, sandbox: Sandbox) => Promise<T>,
): Promise<T> {
  return await withSandbox(1, async (sandbox) => {
    const program = await loadPlugin(located, 'plugin', sandbox);
    if ('message' in program) throw new LoadError(program);
    return await use(program.id, sandbox);
  });
}

/**
 * Does something with each plugin in one sandbox, some at a time, with a Worker for each core.
 * @param work is given a name for the plugin among all that are loaded
 * @param onDone told of each result when it is there
 * @returns the results in the order of the plugins
 */
export async function withEachPlugin<T>(
  plugins: readonly LocatedPlugin[],
  work: (located: LocatedPlugin, id: string, sandbox: Sandbox) => Promise<T>,
  onDone: (result: T) => void,
): Promise<T[]> {
  const workers = availableParallelism();
  const results: T[] = [];
  if (plugins.length === 0) return results;
  await withSandbox(workers, (sandbox) =>
    forEachAtOnce([...plugins.entries()], 2 * workers, async ([index, located]) => {
      const result = await work(located, `plugin-${index}`, sandbox);
      results[index] = result;
      onDone(result);
    }),
  );
  return results;
}
