import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isNotFound } from '../../../operator/kube/client/errors.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions, DryRun } from '../../cluster/options.ts';
import { listPlugins } from '../../cluster/plugins.ts';
import { printable } from '../../output/printable.ts';
import { UsageError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { allManifests } from '../install/bundle.ts';
import { referenceTo } from '../install/manifest.ts';
import { findConfigs, findTargets, isOurs, refuseOthers, remove, type Target } from '../install/targets.ts';
import { findOwnObjects } from './own-objects.ts';
import { waitUntilGone } from './wait.ts';

export interface UninstallOptions extends ClusterOptions {
  readonly namespace: string;
  readonly crds?: boolean;
  readonly keepNamespace?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: DryRun;
  readonly wait?: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/**
 * Takes the operator off the cluster, whichever variant it is.
 * @returns `failed` when it was not confirmed, or was to be waited for and is not gone in time
 * @throws UsageError, CommandError also when it is Helm's, or in another namespace
 */
export async function uninstall(options: UninstallOptions, io: Io): Promise<ExitCode> {
  if (options.dryRun !== undefined && options.wait) {
    throw new UsageError('nothing can be waited for in a --dry-run');
  }
  return await withCluster(options, ({ client }) => uninstallFrom(client, options, io));
}

async function uninstallFrom(client: KubeClient, options: UninstallOptions, io: Io): Promise<ExitCode> {
  const { namespace, dryRun, yes = false, wait = false } = options;
  const found = await findInstalled(client, namespace);
  refuseOthers(found, namespace, (elsewhere) => `give --namespace ${elsewhere}`);
  const chosen = found.filter((target) => isToGo(target, options));
  const namespaceGoes = chosen.some(({ manifest }) => manifest.kind === 'Namespace');
  // After the operator, which would make them anew.
  const own = namespaceGoes || chosen.length === 0 ? [] : await findOwnObjects(client, namespace);
  const doomed = [...chosen, ...own];
  const plugins = found.some(isDefinition) ? await countPlugins(client) : 0;
  if (doomed.length === 0) {
    io.stderr.write(`note: the operator is not installed in the namespace ${namespace}\n`);
  } else if (!yes && dryRun === undefined && io.ask !== undefined) {
    const answer = await io.ask(`${question(doomed, plugins)} Go on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) {
      io.stderr.write('stopped; nothing was changed\n');
      return exitCodes.failed;
    }
  }
  for (const target of doomed) {
    if (dryRun !== 'client') await remove(target, client, dryRun === 'server');
    const rehearsal = { client: ' (dry run)', server: ' (server dry run)', none: '' }[dryRun ?? 'none'];
    io.stdout.write(`${referenceTo(target.manifest)} deleted${rehearsal}\n`);
  }
  if (wait) {
    const { timeout: timeoutMs } = options;
    const onWaiting = (message: string) => io.stderr.write(`waiting: ${printable(message)}\n`);
    const left = await waitUntilGone({ client, targets: doomed, timeoutMs, clock: systemClock, onWaiting });
    if (left !== undefined) {
      io.stderr.write(`${left}: not gone after ${timeoutMs / 1000} s\n`);
      return exitCodes.failed;
    }
  }
  for (const note of notes(found, doomed, plugins)) io.stderr.write(`note: ${note}\n`);
  return exitCodes.done;
}

/** All of an install that is on the cluster, in the order in which it goes. */
async function findInstalled(client: KubeClient, namespace: string): Promise<Target[]> {
  const all = [
    ...(await findTargets(allManifests(namespace), client, () => {})),
    ...(await findConfigs(client, namespace)),
  ].filter(isOurs);
  const byPath = new Map(all.map((target) => [target.path, target]));
  // As it was made, backwards: who asks the operator first, then the operator, its rights, at last what they are in.
  return [...byPath.values()].reverse().sort((a, b) => lateness(a) - lateness(b));
}

function lateness({ manifest }: Target): number {
  return ['CustomResourceDefinition', 'Namespace'].indexOf(manifest.kind);
}

function isToGo(target: Target, { crds = false, keepNamespace = false }: UninstallOptions): boolean {
  if (isDefinition(target)) return crds;
  return target.manifest.kind === 'Namespace' ? !keepNamespace : true;
}

function isDefinition({ manifest }: Target): boolean {
  return manifest.kind === 'CustomResourceDefinition';
}

async function countPlugins(client: KubeClient): Promise<number> {
  try {
    return (await listPlugins(client)).length;
  } catch (error) {
    // The definition is going, or not established.
    if (isNotFound(error)) return 0;
    throw error;
  }
}

function question(doomed: readonly Target[], plugins: number): string {
  const namespace = doomed.find(({ manifest }) => manifest.kind === 'Namespace')?.manifest.metadata.name;
  const parts = [
    doomed.length === 1 ? '1 object' : `${doomed.length} objects`,
    ...(namespace === undefined
      ? []
      : [`with the namespace ${namespace} all that is in it (revisions of plugins, too)`]),
    ...(doomed.some(isDefinition) ? [`with the resource definition ${count(plugins)}`] : []),
  ];
  return `This deletes ${parts.join(', and ')}.`;
}

function notes(found: readonly Target[], doomed: readonly Target[], plugins: number): string[] {
  const keepsDefinition = found.some(isDefinition) && !doomed.some(isDefinition);
  return [
    ...(keepsDefinition
      ? [`the resource definition and ${count(plugins)} stay; "luaplugin uninstall --crds" deletes them`]
      : []),
    ...(doomed.length > 0
      ? ['Pods keep their annotations; "luaplugin cleanup" takes them off once the operator has ended']
      : []),
  ];
}

function count(plugins: number): string {
  return plugins === 1 ? '1 LuaPlugin' : `${plugins} LuaPlugins`;
}
