import { parseDuration } from '../../api/duration.ts';
import type { LuaPlugin } from '../../api/generated.ts';
import { parseQuantity } from '../../api/quantity.ts';
import type { Program, Sandbox } from '../../sandbox/contract.ts';

/** What the sandbox runs for a plugin, or why there is no such thing; the reason is one of the Ready condition. */
export type ProgramOf =
  | { readonly ok: true; readonly program: Program }
  | { readonly ok: false; readonly reason: 'InvalidParameters'; readonly message: string };

/** The id of one attempt to load a plugin. @param load counts all loads, so that no two ids are the same */
export function programId(plugin: string, generation: number, load: number): string {
  return `${plugin}@${generation}.${load}`;
}

/** The plugin that a program's id is of. */
export function pluginOfProgram(id: string): string {
  return id.slice(0, id.lastIndexOf('@'));
}

/**
 * Makes a valid plugin, its defaults filled in, into a program: the script, the checked parameters with their
 * schema's defaults, and the limits in milliseconds and bytes. spec.script holds the script, wherever it came from.
 * @param id names the revision among all loaded ones
 */
export async function programOf(
  plugin: LuaPlugin,
  id: string,
  sandbox: Pick<Sandbox, 'checkParameters'>,
): Promise<ProgramOf> {
  const { script = '', parameters, parametersSchema, limits } = plugin.spec;
  const checked = await sandbox.checkParameters(parameters, parametersSchema);
  if (!checked.ok) return { ok: false, reason: 'InvalidParameters', message: checked.message };
  const program: Program = {
    id,
    plugin: plugin.metadata.name,
    script,
    ...(checked.parameters === undefined ? {} : { parameters: checked.parameters }),
    limits: { timeoutMs: parseDuration(limits.timeout), memoryBytes: parseQuantity(limits.memory) },
  };
  return { ok: true, program };
}
