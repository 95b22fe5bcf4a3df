import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions, ObjectFormat } from '../../cluster/options.ts';
import { changedParts, partsOf } from '../../cluster/parts.ts';
import { getPlugin } from '../../cluster/plugins.ts';
import { readinessOf } from '../../cluster/readiness.ts';
import { listRevisions, noRevisions, servingRevision } from '../../cluster/revisions.ts';
import { formatAge } from '../../output/age.ts';
import { structured } from '../../output/format.ts';
import { printable } from '../../output/printable.ts';
import { formatTable } from '../../output/table.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';

export interface HistoryOptions extends ClusterOptions {
  readonly output: ObjectFormat;
  readonly operatorNamespace: string;
}

/** Lists a plugin's revisions, the latest first. None is no failure. @throws UsageError, CommandError */
export async function history(name: string, options: HistoryOptions, io: Io): Promise<ExitCode> {
  const { output, operatorNamespace: namespace } = options;
  const { plugin, revisions } = await withCluster(options, async ({ client }) => {
    const found = await getPlugin(client, name);
    return { plugin: found, revisions: await listRevisions(found, { client, namespace, io }) };
  });
  if (revisions.length === 0) io.stderr.write(`note: ${noRevisions(name, namespace)}\n`);
  switch (output) {
    case 'table':
    case 'wide':
      if (revisions.length > 0) {
        io.stdout.write(historyTable(plugin, revisions, systemClock.wallTime(), output === 'wide'));
      }
      break;
    case 'name':
      io.stdout.write(revisions.map(({ objectName }) => `controllerrevision.apps/${objectName}\n`).join(''));
      break;
    default:
      io.stdout.write(await structured({ plugin: name, revisions: rows(plugin, revisions) }, output));
  }
  return exitCodes.done;
}

/** @param now milliseconds since the epoch */
export function historyTable(
  plugin: LuaPlugin,
  revisions: readonly StoredRevision[],
  now: number,
  isWide: boolean,
): string {
  const headers = [
    'REVISION',
    'GENERATION',
    'AGE',
    'SERVES',
    'CHANGED',
    ...(isWide ? ['HASH', 'OBJECT'] : []),
  ];
  const table = formatTable(
    headers,
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
      ...(before === undefined ? {} : { changed: changedParts(partsOf(before.spec), partsOf(spec)) }),
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
  const { reason, message } = readiness;
  const why = reason === undefined ? message : `${reason}: ${message}`;
  return `\ngeneration ${generation} is not Ready: ${printable(why)}\n`;
}
