import '../operator/process/node-version.ts';

/**
 * The built program's entry: starts node again in this process, with settings that only a start can make, before
 * anything else is loaded. What they are worth at 100,000 Pods is in docs/administration.md, What it takes.
 */

/** By name, so that whoever has set one keeps it. */
const flags: Readonly<Record<string, string>> = {
  // With 8 MiB a list of 100,000 Pods costs a sixth more CPU; with 16 as much memory is given back once it is over.
  '--max-semi-space-size': '=16',
  // Old objects may grow by half between two collections, not fourfold.
  '--heap-growing-percent': '=50',
  // For operator/process/idle-collector.ts.
  '--expose-gc': '',
};

/** For glibc: large buffers go back to the system at once, and threads share one heap with holes in it. */
const environment = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };

/** Does not return where the system can replace a process, unless the settings are made already. */
function startAgain(): void {
  const { execArgv, env, execPath, argv } = process;
  if (execArgv.includes('--expose-gc') || process.execve === undefined) return;
  const given = [...execArgv, env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  const missing = Object.entries(flags).filter(([name]) => !given.includes(name));
  const args = [execPath, ...execArgv, ...missing.map(([name, value]) => name + value), ...argv.slice(1)];
  process.execve(execPath, args, { ...environment, ...env });
}

startAgain();
await import('../operator/main.ts');
