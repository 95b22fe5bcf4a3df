import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { isNotFound } from '../../../operator/kube/client/errors.ts';
import { withCluster } from '../../cluster/connect.ts';
import { referenceTo, type Target } from '../../cluster/manifest.ts';
import { listPlugins } from '../../cluster/plugins.ts';
import { dryRunNote } from '../../cluster/print.ts';
import { undefinedIf } from '../../cluster/requests.ts';
import { waitingOptions } from '../../cluster/waiting.ts';
import { type ExitCode, exitCodes } from '../../program/errors.ts';
import { type Io, isConfirmed } from '../../program/io.ts';
import { type ChangeOptions, checkChangeOptions } from '../../program/options.ts';
import { findInstalled, findOwnObjects, remove, waitUntilGone } from './removal.ts';
import { refuseOthers } from './targets.ts';

export interface UninstallOptions extends ChangeOptions {
  readonly namespace: string;
  readonly crds?: boolean;
  readonly keepNamespace?: boolean;
  readonly yes?: boolean;
}

/**
 * Takes the operator off the cluster, whichever variant it is.
 * @returns `failed` when it was not confirmed, or was to be waited for and is not gone in time
 * @throws UsageError, CommandError also when it is Helm's, or in another namespace
 */
export async function uninstall(options: UninstallOptions, io: Io): Promise<ExitCode> {
  checkChangeOptions(options);
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
  // The definition may be going, or not established.
  const listed = found.some(isDefinition) ? await undefinedIf(isNotFound, listPlugins(client)) : [];
  const plugins = listed?.length ?? 0;
  if (doomed.length === 0) {
    io.stderr.write(`note: the operator is not installed in the namespace ${namespace}\n`);
  } else if (!yes && dryRun === undefined) {
    if (!(await isConfirmed(`${question(doomed, plugins)} Go on?`, io))) return exitCodes.failed;
  }
  for (const target of doomed) {
    if (dryRun !== 'client') await remove(target, client, dryRun === 'server');
    io.stdout.write(`${referenceTo(target.manifest)} deleted${dryRunNote(dryRun)}\n`);
  }
  if (wait) {
    const { timeout: timeoutMs } = options;
    const left = await waitUntilGone({ ...waitingOptions(timeoutMs, io), client, targets: doomed });
    if (left !== undefined) {
      io.stderr.write(`${left}: not gone after ${timeoutMs / 1000} s\n`);
      return exitCodes.failed;
    }
  }
  for (const note of notes(found, doomed, plugins)) io.stderr.write(`note: ${note}\n`);
  return exitCodes.done;
}

function isToGo(target: Target, { crds = false, keepNamespace = false }: UninstallOptions): boolean {
  if (isDefinition(target)) return crds;
  return target.manifest.kind === 'Namespace' ? !keepNamespace : true;
}

function isDefinition({ manifest }: Target): boolean {
  return manifest.kind === 'CustomResourceDefinition';
}

function question(doomed: readonly Target[], plugins: number): string {
  const namespace = doomed.find(({ manifest }) => manifest.kind === 'Namespace')?.manifest.metadata.name;
  const parts = [
    doomed.length === 1 ? '1 object' : `${doomed.length} objects`,
    namespace && `with the namespace ${namespace} all that is in it (revisions of plugins, too)`,
    doomed.some(isDefinition) && `with the resource definition ${count(plugins)}`,
  ];
  return `This deletes ${parts.filter(Boolean).join(', and ')}.`;
}

function* notes(found: readonly Target[], doomed: readonly Target[], plugins: number): Generator<string> {
  if (found.some(isDefinition) && !doomed.some(isDefinition)) {
    yield `the resource definition and ${count(plugins)} stay; "luaplugin uninstall --crds" deletes them`;
  }
  if (doomed.length > 0) {
    yield 'Pods keep their annotations; "luaplugin cleanup" takes them off once the operator has ended';
  }
}

function count(plugins: number): string {
  return plugins === 1 ? '1 LuaPlugin' : `${plugins} LuaPlugins`;
}
