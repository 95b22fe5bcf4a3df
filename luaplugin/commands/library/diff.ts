import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { withCluster } from '../../cluster/connect.ts';
import { pluginsByName } from '../../cluster/plugins.ts';
import { structured } from '../../output/format.ts';
import { CommandError, type ExitCode, exitCodes } from '../../program/errors.ts';
import type { Io } from '../../program/io.ts';
import type { ClusterOptions } from '../../program/options.ts';
import { type BundledPlugin, library, pluginsNamed, specOf } from './bundled.ts';
import { compare, fieldsOf } from './compare.ts';

/**
 * Shows what an apply of the library would change in the plugins' specs.
 * @param names none: all that the cluster has of the library
 * @returns as kubectl diff: `done` without a difference, `failed` with one; errors have the exit code 2
 * @throws UsageError, CommandError
 */
export async function diffPlugins(
  names: readonly string[],
  options: ClusterOptions,
  io: Io,
): Promise<ExitCode> {
  const named = pluginsNamed(names);
  const patches = await withCluster(options, async ({ client }) => {
    const present = await pluginsByName(client);
    const chosen = names.length > 0 ? named : library.filter(({ name }) => present.has(name));
    if (chosen.length === 0) io.stderr.write('the cluster has no plugin of the library\n');
    return await Promise.all(chosen.map((plugin) => patchOf(plugin, present.get(plugin.name))));
  }).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.message, { cause: error }, exitCodes.usage);
  });
  const text = patches.join('');
  io.stdout.write(text);
  return text === '' ? exitCodes.done : exitCodes.failed;
}

/** The difference from what the cluster has to what the library has, as a unified diff; empty without any. */
async function patchOf(bundled: BundledPlugin, present: LuaPlugin | undefined): Promise<string> {
  const { standing } = compare(bundled, present);
  if (standing === 'current') return '';
  const text = (spec: LuaPluginSpec) =>
    structured({ spec: Object.fromEntries(fieldsOf(bundled).map((field) => [field, spec[field]])) }, 'yaml');
  const { name } = bundled;
  return createTwoFilesPatch(
    `cluster/${name}.yaml`,
    `library/${name}.yaml`,
    present === undefined ? '' : await text(present.spec),
    await text(specOf(bundled)),
    undefined,
    undefined,
    { context: 3, headerOptions: FILE_HEADERS_ONLY },
  );
}
