import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ClusterOptions, DryRun } from '../../cluster/options.ts';
import { structured } from '../../output/format.ts';
import { printable } from '../../output/printable.ts';
import { UsageError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { apply } from './apply.ts';
import { allManifests, manifestsOf } from './bundle.ts';
import { identityOf, type Manifest, referenceTo } from './manifest.ts';
import { checkRights, checkVersion, explainUntried, notServed, rehearsable } from './preflight.ts';
import { waitForRollout } from './rollout.ts';
import {
  findConfigs,
  findTargets,
  helmRelease,
  isForeignNamespace,
  isOurs,
  refuseEnding,
  refuseOthers,
  remove,
  type Target,
} from './targets.ts';
import type { Variant } from './variants.ts';

export interface InstallOptions extends ClusterOptions {
  readonly variant: Variant;
  readonly namespace: string;
  readonly image?: string;
  readonly dryRun?: DryRun;
  readonly forceConflicts?: boolean;
  readonly output?: 'yaml' | 'json';
  readonly wait?: boolean;
  /** In milliseconds. */
  readonly timeout: number;
}

/**
 * Puts the operator on the cluster, or brings the one that is there to this version and these choices.
 * @returns `failed` when it was to be waited for and is not there in time
 * @throws UsageError, CommandError: before anything is changed, where that can be known
 */
export async function install(options: InstallOptions, io: Io): Promise<ExitCode> {
  const { dryRun, output, wait = false } = options;
  if (dryRun !== undefined && wait) throw new UsageError('nothing can be waited for in a --dry-run');
  if (output !== undefined && (dryRun !== undefined || wait)) {
    throw new UsageError('--output only prints the manifests; leave --dry-run and --wait out');
  }
  const manifests = manifestsOf({ ...options, image: options.image });
  if (output !== undefined) {
    noteImage(options, io);
    io.stdout.write(await asText(manifests, output));
    return exitCodes.done;
  }
  if (dryRun === 'client') {
    for (const manifest of manifests) io.stdout.write(`${referenceTo(manifest)} created (dry run)\n`);
    noteImage(options, io);
    return exitCodes.done;
  }
  const onWarning = (text: string) => io.stderr.write(`Warning: ${printable(text)}\n`);
  return await withCluster(options, ({ client }) => installOn(client, manifests, options, io), onWarning);
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
  const tried = rehearsable(targets);
  const rehearsed = new Map<Target, string>();
  for (const target of tried) {
    const applied = await apply(target, { client, force, isRehearsal: true });
    rehearsed.set(target, `${referenceTo(target.manifest)} ${applied} (server dry run)`);
  }
  if (dryRun === 'server') {
    for (const target of targets) io.stdout.write(`${rehearsed.get(target) ?? explainUntried(target)}\n`);
    noteImage(options, io);
    return exitCodes.done;
  }
  for (const target of targets) {
    const applied = await apply(target, { client, force, isRehearsal: false });
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
  const missing = await waitForRollout({
    client,
    targets,
    timeoutMs,
    clock: systemClock,
    onWaiting: (message) => io.stderr.write(`waiting: ${printable(message)}\n`),
    onDone: (message) => io.stdout.write(`${printable(message)}\n`),
  });
  if (missing === undefined) return true;
  io.stderr.write(`${printable(missing)}: not ready after ${timeoutMs / 1000} s\n`);
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
  const others = allManifests(namespace).filter((manifest) => !wanted.has(identityOf(manifest)));
  const candidates = [
    ...(await findTargets(others, client, () => {})),
    ...(await findConfigs(client, namespace)),
  ];
  const leftovers = new Map(
    candidates
      .filter((target) => isOurs(target) && helmRelease(target.present) === undefined)
      .filter(({ manifest }) => !wanted.has(identityOf(manifest)))
      .map((target) => [target.path, target]),
  );
  for (const leftover of [...leftovers.values()].reverse()) {
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

/** Fit for `kubectl apply -f -`. */
async function asText(manifests: readonly Manifest[], format: 'yaml' | 'json'): Promise<string> {
  if (format === 'json')
    return await structured({ apiVersion: 'v1', kind: 'List', items: manifests }, format);
  const documents = await Promise.all(manifests.map((manifest) => structured(manifest, format)));
  return documents.join('---\n');
}
