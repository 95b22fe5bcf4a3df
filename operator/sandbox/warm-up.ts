import type { Sandbox } from './contract.ts';

/**
 * Runs a script of no consequence in a sandbox that has just started. The first script of all is slower than any that
 * follows; it should not be one whose time is limited.
 */
export async function warmUp(sandbox: Sandbox): Promise<void> {
  const script =
    'local json = require("dkjson") function GetWorkloadTypeAndName(text) json.decode(text) return "", "" end';
  const program = {
    id: 'warm-up',
    plugin: 'warm-up',
    script,
    limits: { timeoutMs: 10_000, memoryBytes: 2 ** 24 },
  };
  if ((await sandbox.load(program)) !== undefined) return;
  await sandbox.evaluate([{ metadata: '{"name":"warm-up"}', programs: [program.id] }]);
  sandbox.unload(program.id);
}
