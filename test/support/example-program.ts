import type { LuaPlugin } from '../../operator/api/generated.ts';
import { parseQuantity } from '../../operator/api/quantity.ts';
import type { Failure, Sandbox } from '../../operator/sandbox/contract.ts';

/**
 * Loads a plugin as the operator does: its parameters checked, within its own memory. Its timeout is not its own: on a
 * busy machine a call may wait for longer than that, and the operator would ask again.
 * @param id names the program among all that are loaded
 * @returns undefined once it may be asked, or why it may not
 */
export async function loadExample(
  sandbox: Sandbox,
  id: string,
  { metadata, spec }: LuaPlugin,
): Promise<Failure | undefined> {
  const checked = await sandbox.checkParameters(spec.parameters, spec.parametersSchema);
  if (!checked.ok) throw new Error(`${id}: ${checked.message}`);
  const program = {
    id,
    plugin: metadata.name,
    script: spec.script ?? '',
    ...(checked.parameters === undefined ? {} : { parameters: checked.parameters }),
    limits: {
      timeoutMs: 5_000,
      memoryBytes: parseQuantity(spec.limits.memory),
    },
  };
  return sandbox.load(program);
}
