import type { LuaPlugin } from '../../../operator/api/generated.ts';
import type { StoredRevision } from '../../../operator/api/revisions.ts';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { withCluster } from '../../cluster/connect.ts';
import { currentParts } from '../../cluster/current-parts.ts';
import type { ChangeFormat, ClusterOptions, DryRun, WaitOptions } from '../../cluster/options.ts';
import { changedParts, partsOf } from '../../cluster/parts.ts';
import { getPlugin, replaceSpec } from '../../cluster/plugins.ts';
import { printChange } from '../../cluster/print.ts';
import { clusterPlaces, reportReadiness, showWarnings } from '../../cluster/report-readiness.ts';
import { listRevisions, noRevisions, revisionOfNumber } from '../../cluster/revisions.ts';
import { CommandError, UsageError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { defaultTarget, rolledBack } from './target.ts';

export interface RollbackOptions extends ClusterOptions, WaitOptions {
  readonly to?: number;
  readonly dryRun?: DryRun;
  readonly output: ChangeFormat;
  readonly operatorNamespace: string;
}

/**
 * Puts an earlier revision back into a plugin's spec.
 * @returns `failed` when it was to be waited for and is not Ready
 * @throws UsageError, CommandError
 */
export async function rollback(name: string, options: RollbackOptions, io: Io): Promise<ExitCode> {
  const { dryRun, output, wait = false, timeout: timeoutMs } = options;
  if (dryRun !== undefined && wait) throw new UsageError('nothing can be waited for in a --dry-run');
  const places = clusterPlaces(name);
  return await withCluster(
    options,
    async ({ client }) => {
      const plugin = await getPlugin(client, name);
      const target = await findTarget(plugin, options, client, io);
      const { object, done } = await putBack(plugin, target, dryRun, client);
      const saysDone = output === 'table';
      if (saysDone || !wait) await printChange({ name, done, dryRun, object }, output, io);
      if (!wait) return exitCodes.done;
      const report = await reportReadiness(object, { client, timeoutMs, places, io, says: saysDone });
      if (!saysDone) await printChange({ name, done, dryRun, object: report.plugin }, output, io);
      return report.code;
    },
    showWarnings(places, io),
  );
}

async function findTarget(
  plugin: LuaPlugin,
  { to, operatorNamespace: namespace }: RollbackOptions,
  client: KubeClient,
  io: Io,
): Promise<StoredRevision> {
  const revisions = await listRevisions(plugin, { client, namespace, io });
  if (to !== undefined) return revisionOfNumber(to, plugin, revisions, namespace);
  const { parts } = await currentParts(plugin, client);
  const target = defaultTarget(plugin, parts, revisions);
  if (target !== undefined) return target;
  const { name } = plugin.metadata;
  const message =
    revisions.length === 0
      ? noRevisions(name, namespace)
      : `no revision of "${name}" before the one that serves is kept; choose one with --to (luaplugin history ${name})`;
  throw new CommandError(exitCodes.failed, message);
}

async function putBack(
  plugin: LuaPlugin,
  target: StoredRevision,
  dryRun: DryRun | undefined,
  client: KubeClient,
): Promise<{ readonly object: LuaPlugin; readonly done: string }> {
  const { scriptFrom } = plugin.spec;
  const changed = changedParts(partsOf(plugin.spec), partsOf(target.spec));
  if (changed.length === 0 && scriptFrom === undefined) {
    return { object: plugin, done: `unchanged: its spec is revision ${target.number} already` };
  }
  const spec = rolledBack(plugin.spec, target);
  const object =
    dryRun === 'client' ? { ...plugin, spec } : await replaceSpec(client, plugin, spec, dryRun === 'server');
  const moved = scriptFrom === undefined ? '' : '; spec.scriptFrom is gone, the script is in spec.script now';
  return { object, done: `rolled back to revision ${target.number}${moved}` };
}
