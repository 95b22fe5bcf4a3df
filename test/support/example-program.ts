import { parseDuration } from '../../operator/api/duration.ts';
import type { LuaPlugin } from '../../operator/api/generated.ts';
import { parseQuantity } from '../../operator/api/quantity.ts';
import type { Failure, Sandbox } from '../../operator/sandbox/contract.ts';

/**
 * Loads a plugin as the operator does: its parameters checked, under its own limits.
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
      timeoutMs: parseDuration(spec.limits.timeout),
      memoryBytes: parseQuantity(spec.limits.memory),
    },
  };
  let failure = await sandbox.load(program);
  // On a busy machine a cold Worker may need longer than the limit; the operator too tries such a load again.
  for (let again = 0; again < 3 && failure?.reason === 'timeout'; again += 1) {
    failure = await sandbox.load(program);
  }
  return failure;
}
