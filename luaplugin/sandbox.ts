import { silentLogger } from '../operator/observability/logging.ts';
import { programOf } from '../operator/plugins/script/program.ts';
import type { Program, Sandbox } from '../operator/sandbox/contract.ts';
import { SandboxHost } from '../operator/sandbox/host-client.ts';
import { patientSandbox } from '../operator/sandbox/patient-sandbox.ts';
import { warmUp } from '../operator/sandbox/warm-up.ts';
import { systemClock } from '../operator/time/clock.ts';
import type { LocatedPlugin } from './input/valid-plugin.ts';
import type { Finding } from './program/finding.ts';

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
  const waiting = new AbortController();
  try {
    const late = systemClock.sleep(startMs, waiting.signal).then(() => {
      throw new Error(`the sandbox did not start within ${startMs / 1000} s`);
    });
    await Promise.race([sandbox.start(), late]);
    late.catch(() => {}); // It ends with the abort.
    waiting.abort();
    await warmUp(sandbox);
    return await use(sandbox);
  } finally {
    waiting.abort();
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
): Promise<Program | Finding> {
  const made = await programOf(located.plugin, id, sandbox);
  if (!made.ok) {
    const [field = ''] = made.message.split(/[: ]/);
    return { file: located.file, line: located.lineOf(field.split('.')), message: made.message };
  }
  const failure = await patientSandbox(sandbox).load(made.program);
  return failure === undefined ? made.program : located.findingOf(failure);
}
