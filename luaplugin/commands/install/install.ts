import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { apply } from '../../cluster/apply.ts';
import { showWarnings, withCluster } from '../../cluster/connect.ts';
import {
  asText,
  helmRelease,
  identityOf,
  type Manifest,
  referenceTo,
  type Target,
} from '../../cluster/manifest.ts';
import { dryRunNote } from '../../cluster/print.ts';
import { waitingOptions } from '../../cluster/waiting.ts';
import { writeLine } from '../../output/printable.ts';
import { type ExitCode, exitCodes, UsageError } from '../../program/errors.ts';
import type { Io } from '../../program/io.ts';
import { type ChangeOptions, checkChangeOptions, type Variant } from '../../program/options.ts';
import { manifestsOf } from './manifests.ts';
import { checkRights, checkVersion, explainUntried, notServed, targetsToTry } from './preflight.ts';
import { findInstalled, remove } from './removal.ts';
import { waitForRollout } from './rollout.ts';
import { findTargets, isForeignNamespace, refuseEnding, refuseOthers } from './targets.ts';

export interface InstallOptions extends ChangeOptions {
  readonly variant: Variant;
  readonly namespace: string;
  readonly image?: string;
  readonly forceConflicts?: boolean;
  readonly output?: 'yaml' | 'json';
}

/**
 * Puts the operator on the cluster, or brings the one that is there to this version and these choices.
 * @returns `failed` when it was to be waited for and is not there in time
 * @throws UsageError, CommandError: before anything is changed, where that can be known
 */
export async function install(options: InstallOptions, io: Io): Promise<ExitCode> {
  const { dryRun, output, wait = false } = options;
  checkChangeOptions(options);
  if (output !== undefined && (dryRun !== undefined || wait)) {
    throw new UsageError('--output only prints the manifests; leave --dry-run and --wait out');
  }
  const manifests = manifestsOf(options);
  if (output !== undefined) {
    noteImage(options, io);
    io.stdout.write(await asText(manifests, output));
    return exitCodes.done;
  }
  if (dryRun === 'client') {
    for (const manifest of manifests)
      io.stdout.write(`${referenceTo(manifest)} created${dryRunNote(dryRun)}\n`);
    noteImage(options, io);
    return exitCodes.done;
  }
  return await withCluster(
    options,
    ({ client }) => installOn(client, manifests, options, io),
    showWarnings(io),
  );
}

async function installOn(
  client: KubeClient,
  manifests: readonly Manifest[],
  options: InstallOptions,
  io: Io,
): Promise<ExitCode> {
  const { namespace, dryRun, forceConflicts: force = false, wait = false } = options;
  await checkVersion(client);
  const found = await findTargets(manifests, client, (manifest) => {
    throw notServed(manifest);
  });
  refuseOthers(
    found,
    namespace,
    (elsewhere) => `--namespace ${elsewhere} brings that one up to date, luaplugin uninstall takes it off`,
  );
  refuseEnding(found);
  const targets = found.filter((target) => !isForeignNamespace(target));
  await checkRights(targets, client);
  const tried = new Map<Target, string>();
  for (const target of targetsToTry(targets)) {
    const applied = await apply(target, { client, force, isDryRun: true });
    tried.set(target, `${referenceTo(target.manifest)} ${applied}${dryRunNote('server')}`);
  }
  if (dryRun === 'server') {
    for (const target of targets) io.stdout.write(`${tried.get(target) ?? explainUntried(target)}\n`);
    noteImage(options, io);
    return exitCodes.done;
  }
  for (const target of targets) {
    const applied = await apply(target, { client, force, isDryRun: false });
    io.stdout.write(`${referenceTo(target.manifest)} ${applied}\n`);
  }
  noteImage(options, io);
  if (wait && !(await isRolledOut(targets, client, options, io))) return exitCodes.failed;
  await removeLeftovers(targets, client, options, io);
  return exitCodes.done;
}

/** Without an image of the user's own the Pods wait for one that only a node can have. */
function noteImage({ image }: InstallOptions, io: Io): void {
  if (image !== undefined) return;
  io.stderr.write(
    'note: no registry has the image lua-plugin-operator yet, so no Pod starts unless its node has it; build it, push it to a registry, and name it with --image\n',
  );
}

async function isRolledOut(
  targets: readonly Target[],
  client: KubeClient,
  { timeout: timeoutMs }: InstallOptions,
  io: Io,
): Promise<boolean> {
  const onDone = (message: string) => writeLine(io.stdout, message);
  const missing = await waitForRollout({ ...waitingOptions(timeoutMs, io), client, targets, onDone });
  if (missing === undefined) return true;
  writeLine(io.stderr, `${missing}: not ready after ${timeoutMs / 1000} s`);
  return false;
}

/**
 * What another variant or an older config had and this install has not. It goes once the new one works; till then Pods
 * of the old one may need it.
 */
async function removeLeftovers(
  targets: readonly Target[],
  client: KubeClient,
  { variant, namespace, wait = false }: InstallOptions,
  io: Io,
): Promise<void> {
  const wanted = new Set(targets.map(({ manifest }) => identityOf(manifest)));
  const others = await findInstalled(client, namespace, (manifest) => !wanted.has(identityOf(manifest)));
  for (const leftover of others.filter(({ present }) => helmRelease(present) === undefined)) {
    const reference = referenceTo(leftover.manifest);
    if (wait) {
      await remove(leftover, client);
      io.stdout.write(`${reference} deleted\n`);
    } else {
      io.stderr.write(
        `note: ${reference} is of an earlier install and no part of the variant ${variant}; --wait deletes it once the new one works\n`,
      );
    }
  }
}
