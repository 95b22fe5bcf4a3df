import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { Discovery } from '../../../operator/kube/client/discovery.ts';
import { withCluster } from '../../cluster/connect.ts';
import { pluginsByName } from '../../cluster/plugins.ts';
import { structured } from '../../output/format.ts';
import { formatTable } from '../../output/table.ts';
import type { Io } from '../../program/io.ts';
import type { ClusterOptions, ObjectFormat, OutputOptions } from '../../program/options.ts';
import { type BundledPlugin, library } from './bundled.ts';
import { type Comparison, compare } from './compare.ts';

export interface ListOptions extends ClusterOptions, OutputOptions<ObjectFormat> {
  readonly served?: boolean;
}

/** A plugin of the library, as it stands to the cluster. */
interface Entry extends Comparison, Omit<BundledPlugin, 'manifest'> {
  /** Whether the cluster serves what it is for; undefined: its Pods are told by labels alone. */
  readonly served: boolean | undefined;
}

/** Shows the library beside what the cluster has of it. @throws CommandError */
export async function list(options: ListOptions, io: Io): Promise<void> {
  const entries = await withCluster(options, async ({ client }) => {
    const served = await servedGroups(client);
    const present = await pluginsByName(client);
    return library.map((plugin) => entryOf(plugin, served, present.get(plugin.name)));
  });
  const chosen = options.served ? entries.filter(({ served }) => served) : entries;
  if (chosen.length === 0) io.stderr.write('the cluster serves nothing that the library has a plugin for\n');
  else io.stdout.write(await shown(chosen, options.output));
}

/** The API groups that a cluster serves. */
export function servedGroups(client: KubeClient): Promise<ReadonlySet<string>> {
  return new Discovery({ client }).servedGroups();
}

/** Whether a cluster serves what a plugin is for; undefined where that can't be told. */
export function isServed({ apiGroups }: BundledPlugin, served: ReadonlySet<string>): boolean | undefined {
  return apiGroups.length === 0 ? undefined : apiGroups.every((group) => served.has(group));
}

function entryOf(plugin: BundledPlugin, served: ReadonlySet<string>, present: LuaPlugin | undefined): Entry {
  const { manifest: _, ...about } = plugin;
  return { ...about, served: isServed(plugin, served), ...compare(plugin, present) };
}

async function shown(entries: readonly Entry[], format: ObjectFormat): Promise<string> {
  if (format === 'name') return entries.map(({ name }) => `${name}\n`).join('');
  if (format === 'json' || format === 'yaml') return await structured(entries, format);
  const isWide = format === 'wide';
  const headers = ['NAME', 'SERVED', 'APPLIED', 'DIFFERS', 'FOR'];
  const rows = entries.map(({ name, served, standing, differs, operators, apiGroups }) => [
    name,
    served === undefined ? '' : served ? 'yes' : 'no',
    standing === 'absent' ? '' : standing,
    differs.join(','),
    operators.map((operator) => operator.name).join('; '),
    ...(isWide ? [operators.flatMap(({ versions }) => versions).join(', '), apiGroups.join(',')] : []),
  ]);
  return formatTable(isWide ? [...headers, 'VERSIONS', 'GROUPS'] : headers, rows);
}
