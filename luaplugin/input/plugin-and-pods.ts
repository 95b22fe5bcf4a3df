import { InputError, UsageError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { readPlugins } from './plugins.ts';
import { type PodInputs, readPods } from './pods.ts';
import { stdinArgument } from './text.ts';
import { type LocatedPlugin, validPlugin } from './valid-plugin.ts';

/** The options that say which plugin of a file is meant, and which Pods it is asked about. */
export interface PluginAndPodsOptions {
  readonly name?: string;
  readonly metadata?: string;
  readonly pods?: string;
}

/**
 * Reads the one plugin that a command is about, and the Pods of both options.
 * @throws UsageError, before anything is read, InputError when there is not exactly one plugin, or no Pod
 */
export async function readPluginAndPods(
  plugin: string,
  { name, metadata, pods }: PluginAndPodsOptions,
  io: Io,
): Promise<PodInputs & { readonly located: LocatedPlugin }> {
  if (metadata === undefined && pods === undefined) {
    throw new UsageError('say whom to ask about: --metadata <file>, or --pods <file>');
  }
  if ([plugin, metadata, pods].filter((path) => path === stdinArgument).length > 1) {
    throw new UsageError('only one of the plugin, --metadata and --pods can be - (standard input)');
  }
  const located = await readOnePlugin(plugin, name, io);
  const inputs: PodInputs[] = [];
  for (const path of [metadata, pods]) if (path !== undefined) inputs.push(await readPods(path, io));
  return {
    located,
    pods: inputs.flatMap((input) => input.pods),
    namespaces: new Map(inputs.flatMap((input) => [...input.namespaces])),
  };
}

async function readOnePlugin(file: string, name: string | undefined, io: Io): Promise<LocatedPlugin> {
  const { plugins, configMaps, unreadable } = await readPlugins([file], io);
  if (unreadable.length > 0) throw new InputError(...unreadable);
  const named = plugins.map((source) => ({ source, name: nameOf(source.value.metadata) }));
  const wanted = named.filter((plugin) => name === undefined || plugin.name === name);
  const [only] = wanted;
  if (only === undefined || wanted.length > 1) {
    const names = named.map((plugin) => plugin.name).join(', ');
    const message =
      only === undefined
        ? `holds no LuaPlugin${name === undefined ? '' : ` of the name ${name}`}${names && `, only ${names}`}`
        : `holds ${wanted.length} LuaPlugins (${names}); choose one with --name`;
    throw new InputError({ file, message });
  }
  const checked = validPlugin(only.source, configMaps);
  if (!('plugin' in checked)) throw new InputError(...checked);
  return checked;
}

function nameOf(metadata: unknown): string {
  const { name } = Object(metadata) as { name?: unknown };
  return typeof name === 'string' ? name : '(no name)';
}
