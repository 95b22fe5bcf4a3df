import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { StoredRevision } from '../../operator/api/revisions.ts';
import { systemClock } from '../../operator/time/clock.ts';
import { withCluster } from '../cluster/connect.ts';
import { getPlugin } from '../cluster/plugins.ts';
import { explainReadiness, readinessOf } from '../cluster/readiness.ts';
import { changedFields, revisionFields } from '../cluster/revision-fields.ts';
import { listRevisions, noRevisions, servingRevision } from '../cluster/revisions.ts';
import { structured } from '../output/format.ts';
import { printable } from '../output/printable.ts';
import { formatTable } from '../output/table.ts';
import { formatAge } from '../output/time.ts';
import type { Io } from '../program/io.ts';
import type { ClusterOptions, ObjectFormat, OutputOptions } from '../program/options.ts';

export interface HistoryOptions extends ClusterOptions, OutputOptions<ObjectFormat> {
  readonly operatorNamespace: string;
}

/** Lists a plugin's revisions, the latest first. None is no failure. @throws UsageError, CommandError */
export async function history(name: string, options: HistoryOptions, io: Io): Promise<void> {
  const { output, operatorNamespace: namespace } = options;
  const { plugin, revisions } = await withCluster(options, async ({ client }) => {
    const found = await getPlugin(client, name);
    return { plugin: found, revisions: await listRevisions(found, { client, namespace, io }) };
  });
  if (revisions.length === 0) io.stderr.write(`note: ${noRevisions(name, namespace)}\n`);
  if (output === 'name') {
    io.stdout.write(revisions.map(({ objectName }) => `controllerrevision.apps/${objectName}\n`).join(''));
  } else if (output === 'json' || output === 'yaml') {
    io.stdout.write(await structured({ plugin: name, revisions: rows(plugin, revisions) }, output));
  } else if (revisions.length > 0) {
    io.stdout.write(historyTable(plugin, revisions, systemClock.wallTime(), output === 'wide'));
  }
}

/** @param now milliseconds since the epoch */
export function historyTable(
  plugin: LuaPlugin,
  revisions: readonly StoredRevision[],
  now: number,
  isWide: boolean,
): string {
  const table = formatTable(
    ['REVISION', 'GENERATION', 'AGE', 'SERVES', 'CHANGED', ...(isWide ? ['HASH', 'OBJECT'] : [])],
    rows(plugin, revisions).map((row) => [
      String(row.revision),
      String(row.generation),
      formatAge(row.storedAt, now),
      row.serves ? 'yes' : '',
      row.changed?.join(',') ?? '',
      ...(isWide ? [row.hash, row.object] : []),
    ]),
  );
  return table + latestGeneration(plugin);
}

/** A revision, whether it serves, and in what it differs from the one before it that is kept. */
function rows(plugin: LuaPlugin, revisions: readonly StoredRevision[]) {
  const serving = servingRevision(plugin, revisions);
  return revisions.map((revision, index) => {
    const { number, generation, hash, storedAt, objectName, spec } = revision;
    const before = revisions[index + 1];
    return {
      revision: number,
      generation,
      serves: revision === serving,
      ...(storedAt === undefined ? {} : { storedAt }),
      ...(before === undefined
        ? {}
        : { changed: changedFields(revisionFields(before.spec), revisionFields(spec)) }),
      hash,
      object: objectName,
      spec,
    };
  });
}

/** Why the latest generation is not among the revisions, if it is not. */
function latestGeneration(plugin: LuaPlugin): string {
  const { generation = 0 } = plugin.metadata;
  const readiness = readinessOf(plugin, generation);
  if (readiness.state === 'ready') return '';
  return `\ngeneration ${generation} is not Ready: ${printable(explainReadiness(readiness))}\n`;
}
