import type { LuaPlugin, LuaPluginSpec } from '../../operator/api/generated.ts';
import type { StoredRevision } from '../../operator/api/revisions.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { showWarnings, withCluster } from '../cluster/connect.ts';
import { getPlugin, replaceSpec } from '../cluster/plugins.ts';
import type { Change } from '../cluster/print.ts';
import { type ReportOptions, reportChange } from '../cluster/report-change.ts';
import {
  changedFields,
  currentFields,
  type RevisionFields,
  revisionFieldNames,
  revisionFields,
} from '../cluster/revision-fields.ts';
import { listRevisions, noRevisions, revisionOfNumber, servingRevision } from '../cluster/revisions.ts';
import { locationsOnCluster } from '../cluster/source-locations.ts';
import { CommandError, type ExitCode } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { type ChangeOptions, checkChangeOptions, type DryRun } from '../program/options.ts';

export interface RollbackOptions extends ChangeOptions, ReportOptions {
  readonly to?: number;
  readonly operatorNamespace: string;
}

/**
 * Puts an earlier revision back into a plugin's spec.
 * @returns `failed` when it was to be waited for and is not Ready
 * @throws UsageError, CommandError
 */
export async function rollback(name: string, options: RollbackOptions, io: Io): Promise<ExitCode> {
  checkChangeOptions(options);
  const { dryRun } = options;
  return await withCluster(
    options,
    async ({ client }) => {
      const plugin = await getPlugin(client, name);
      const target = await findTarget(plugin, options, client, io);
      const change = { dryRun, ...(await putBack(plugin, target, dryRun, client)) };
      return await reportChange(change, options, client, locationsOnCluster(name), io);
    },
    showWarnings(io),
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
  const { fields } = await currentFields(plugin, client);
  const target = defaultTarget(plugin, fields, revisions);
  if (target !== undefined) return target;
  const { name } = plugin.metadata;
  throw new CommandError(
    revisions.length === 0
      ? noRevisions(name, namespace)
      : `no revision of "${name}" before the one that serves is kept; choose one with --to (luaplugin history ${name})`,
  );
}

/**
 * Where a rollback without a number goes: it takes the latest change back. When the spec is not what serves, because
 * it is broken or new, that is the revision that serves; else the one before it.
 * @param current what the spec says now
 * @param revisions the latest first
 */
export function defaultTarget(
  plugin: LuaPlugin,
  current: RevisionFields,
  revisions: readonly StoredRevision[],
): StoredRevision | undefined {
  const serving = servingRevision(plugin, revisions) ?? revisions[0];
  if (serving === undefined) return undefined;
  const changed = changedFields(revisionFields(serving.spec), current);
  // With other tests or requirements it answers as before.
  if (changed.some((field) => field !== 'tests' && field !== 'requires')) return serving;
  return revisions.find(({ number }) => number < serving.number);
}

async function putBack(
  plugin: LuaPlugin,
  target: StoredRevision,
  dryRun: DryRun,
  client: KubeClient,
): Promise<Omit<Change<LuaPlugin>, 'dryRun'>> {
  const { scriptFrom } = plugin.spec;
  const changed = changedFields(revisionFields(plugin.spec), revisionFields(target.spec));
  if (changed.length === 0 && scriptFrom === undefined) {
    return { object: plugin, done: `unchanged: its spec is revision ${target.number} already` };
  }
  const spec = rolledBack(plugin.spec, target);
  const object =
    dryRun === 'client' ? { ...plugin, spec } : await replaceSpec(client, plugin, spec, dryRun === 'server');
  const moved = scriptFrom === undefined ? '' : '; spec.scriptFrom is gone, the script is in spec.script now';
  return { object, done: `rolled back to revision ${target.number}${moved}` };
}

/** A spec with the fields of a revision in place of its own; the rest of it stays. */
export function rolledBack(spec: LuaPluginSpec, revision: StoredRevision): LuaPluginSpec {
  const replaced: ReadonlySet<string> = new Set([...revisionFieldNames, 'scriptFrom']);
  const kept = Object.entries(spec).filter(([field]) => !replaced.has(field));
  return { ...(Object.fromEntries(kept) as unknown as LuaPluginSpec), ...revisionFields(revision.spec) };
}
