import { InputError } from '../program/finding.ts';
import type { Io } from '../program/io.ts';
import { readPlugins } from './plugins.ts';
import { type LocatedPlugin, validPlugin } from './valid-plugin.ts';

/**
 * Reads the one plugin that a command is about.
 * @param name which one, where there are several
 * @throws InputError when there is not exactly one, or when it is not valid
 */
export async function readOnePlugin(
  path: string,
  name: string | undefined,
  io: Pick<Io, 'stdin'>,
): Promise<LocatedPlugin> {
  const { plugins, configMaps, unreadable } = await readPlugins([path], io);
  if (unreadable.length > 0) throw new InputError(unreadable);
  const named = plugins.map((source) => ({ source, name: nameOf(source.value.metadata) }));
  const wanted = named.filter((plugin) => name === undefined || plugin.name === name);
  const [only] = wanted;
  if (only === undefined || wanted.length > 1) {
    const names = named.map((plugin) => plugin.name).join(', ');
    const message =
      only === undefined
        ? `holds no LuaPlugin${name === undefined ? '' : ` of the name ${name}`}${names && `, only ${names}`}`
        : `holds ${wanted.length} LuaPlugins (${names}); choose one with --name`;
    throw new InputError([{ file: path, message }]);
  }
  const checked = validPlugin(only.source, configMaps);
  if (!('plugin' in checked)) throw new InputError(checked);
  return checked;
}

function nameOf(metadata: unknown): string {
  const { name } = Object(metadata) as { name?: unknown };
  return typeof name === 'string' ? name : '(no name)';
}
