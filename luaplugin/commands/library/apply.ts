import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { type ApplyOptions, apply } from '../../cluster/apply.ts';
import { showWarnings, withCluster } from '../../cluster/connect.ts';
import { asText, helmRelease, type Manifest, type Target } from '../../cluster/manifest.ts';
import { findPlugin, pluginPath, pluginReference } from '../../cluster/plugins.ts';
import { dryRunNote } from '../../cluster/print.ts';
import { writeLine } from '../../output/printable.ts';
import { CommandError, type ExitCode, exitCodes, UsageError } from '../../program/errors.ts';
import type { Io } from '../../program/io.ts';
import type { ChangeOptions } from '../../program/options.ts';
import { type BundledPlugin, library, pluginsNamed } from './bundled.ts';
import { settings } from './compare.ts';
import { isServed, servedGroups } from './list.ts';

export interface ApplyLibraryOptions extends Omit<ChangeOptions, 'wait' | 'timeout'> {
  readonly served?: boolean;
  readonly all?: boolean;
  readonly forceConflicts?: boolean;
  readonly output?: 'yaml' | 'json';
}

/**
 * Puts plugins of the library on the cluster, or brings those that are there to this version. Settings that somebody
 * made stay. One that is refused keeps no other from being applied.
 * @returns `failed` when one was refused
 * @throws UsageError, CommandError
 */
export async function applyPlugins(
  names: readonly string[],
  options: ApplyLibraryOptions,
  io: Io,
): Promise<ExitCode> {
  const { served = false, all = false, dryRun, output } = options;
  if ([names.length > 0, served, all].filter(Boolean).length !== 1) {
    throw new UsageError('name plugins of the library, or give --served, or --all');
  }
  if (output !== undefined && dryRun !== undefined) {
    throw new UsageError('--output only prints the manifests; leave --dry-run out');
  }
  const named = all ? library : pluginsNamed(names);
  if (!served && output !== undefined) {
    io.stdout.write(await asText(manifestsOf(named), output));
    return exitCodes.done;
  }
  if (!served && dryRun === 'client') {
    for (const { name } of named)
      writeLine(io.stdout, `${pluginReference(name)} created${dryRunNote(dryRun)}`);
    return exitCodes.done;
  }
  return await withCluster(
    options,
    async ({ client }) => {
      const chosen = served ? await pluginsServed(client, io) : named;
      if (output !== undefined) {
        io.stdout.write(await asText(manifestsOf(chosen), output));
        return exitCodes.done;
      }
      return await applyAll(chosen, client, options, io);
    },
    showWarnings(io),
  );
}

function manifestsOf(plugins: readonly BundledPlugin[]): Manifest[] {
  return plugins.map(({ manifest }) => manifest);
}

async function pluginsServed(client: KubeClient, io: Io): Promise<BundledPlugin[]> {
  const groups = await servedGroups(client);
  const byLabels = library.filter(({ apiGroups }) => apiGroups.length === 0).map(({ name }) => name);
  io.stderr.write(
    `note: no API group tells whether the cluster runs what these are for, so apply them by name: ${byLabels.join(', ')}\n`,
  );
  return library.filter((plugin) => isServed(plugin, groups));
}

async function applyAll(
  plugins: readonly BundledPlugin[],
  client: KubeClient,
  { dryRun, forceConflicts: force = false }: ApplyLibraryOptions,
  io: Io,
): Promise<ExitCode> {
  const applying = { client, force, isDryRun: dryRun === 'server' };
  let code: ExitCode = exitCodes.done;
  for (const { name, manifest } of plugins) {
    try {
      const present = await findPlugin(client, name);
      const release = helmRelease(present);
      if (release !== undefined) {
        throw new CommandError(
          `${pluginReference(name)} belongs to the Helm release ${release}; upgrade that, or leave the library out of its values`,
        );
      }
      const target = { manifest, path: pluginPath(name), present };
      const done =
        dryRun === 'client' ? (present ? 'configured' : 'created') : await applyOne(target, applying);
      writeLine(io.stdout, `${pluginReference(name)} ${done}${dryRunNote(dryRun)}`);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      writeLine(io.stderr, error.message);
      code = exitCodes.failed;
    }
  }
  return code;
}

/** @returns what was done, in kubectl's words, and what was left as somebody set it */
async function applyOne(target: Target, options: ApplyOptions): Promise<string> {
  try {
    return await apply(target, options);
  } catch (error) {
    const kept = settingsOfOthers(error);
    const manifest = kept && without(target.manifest, kept);
    if (kept === undefined || manifest === undefined) throw error;
    const applied = await apply({ ...target, manifest }, options);
    return `${applied}; somebody set ${kept.join(', ')}, which stays (--force-conflicts takes it over)`;
  }
}

/** The paths that an apply met and others have set, if all of them are settings; undefined for any other error. */
function settingsOfOthers(error: unknown): string[] | undefined {
  const refusal = error instanceof Error ? error.cause : undefined;
  if (!(refusal instanceof ApiError) || refusal.status !== 409) return undefined;
  const fields = refusal.details?.causes?.map(({ field = '' }) => field.replace(/^\./, '')) ?? [];
  const isSetting = (field: string) => settings.some((one) => `${field}.`.startsWith(`spec.${one}.`));
  return fields.length > 0 && fields.every(isSetting) ? fields : undefined;
}

/** A manifest without the fields at these paths, as in `spec.parameters.byRole`; undefined where it has no such field. */
function without(manifest: Manifest, paths: readonly string[]): Manifest | undefined {
  const copy = structuredClone(manifest);
  for (const path of paths) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Record<string, unknown> | undefined>(
      (object, key) => object?.[key] as Record<string, unknown> | undefined,
      copy as Record<string, unknown>,
    );
    if (parent === undefined || !(last in parent)) return undefined;
    delete parent[last];
  }
  return copy;
}
