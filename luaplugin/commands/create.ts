import { type LuaPlugin, luaPluginResource } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { ApiError, isAlreadyExists } from '../../operator/kube/client/errors.ts';
import { showWarnings, withCluster } from '../cluster/connect.ts';
import { findPlugin, pluginPath, pluginsPath, replaceSpec } from '../cluster/plugins.ts';
import { type Change, printChange } from '../cluster/print.ts';
import { type ReportOptions, reportChange } from '../cluster/report-change.ts';
import { dryRunQuery } from '../cluster/requests.ts';
import { locationsInFiles } from '../cluster/source-locations.ts';
import { type NewPlugin, type NewPluginOptions, readNewPlugin } from '../input/new-plugin.ts';
import { CommandError, type ExitCode, exitCodes, UsageError } from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import { type ChangeOptions, checkChangeOptions } from '../program/options.ts';

export interface CreateOptions extends Omit<NewPluginOptions, 'script'>, ChangeOptions, ReportOptions {
  readonly script?: string;
  /** deepflow-ctl's words for script and name. */
  readonly image?: string;
  readonly name?: string;
  readonly type: string;
  readonly replace?: boolean;
}

/**
 * Makes a LuaPlugin of a Lua file.
 * @returns `failed` when it was to be waited for and is not Ready
 * @throws InputError, UsageError, CommandError
 */
export async function create(
  argument: string | undefined,
  options: CreateOptions,
  io: Io,
): Promise<ExitCode> {
  const { dryRun } = options;
  const { name, script } = checkOptions(argument, options);
  const made = await readNewPlugin(name, { ...options, script }, io);
  if (dryRun === 'client') {
    await printChange({ done: 'created', dryRun, object: made.object }, options.output, io);
    return exitCodes.done;
  }
  const locations = locationsInFiles(name, made.scriptFile, made.placeOfTest);
  return await withCluster(
    options,
    async ({ client }) => {
      const written = await write(made, options, client).catch((error: unknown) => {
        // What a webhook says of the script names the plugin's line; its author looks into the file.
        const message = error instanceof ApiError ? locations.inScript(error.message) : undefined;
        if (message === undefined || message === (error as ApiError).message) throw error;
        throw new CommandError(message, { cause: error });
      });
      return await reportChange({ dryRun, ...written }, options, client, locations, io);
    },
    showWarnings(io, locations.inScript),
  );
}

/** @throws UsageError for what does not go together */
function checkOptions(
  argument: string | undefined,
  options: CreateOptions,
): { readonly name: string; readonly script: string } {
  const { type, image, script = image, replace, dryRun, name = argument } = options;
  if (type !== 'lua') throw new UsageError(`--type ${type} is not supported: plugins are written in lua`);
  if (argument !== undefined && argument !== name) {
    throw new UsageError(`two names, ${argument} and ${name}; give one`);
  }
  if (name === undefined) throw new UsageError("missing the plugin's name");
  pluginPath(name);
  if (script === undefined) throw new UsageError('missing --script <file>, the Lua source');
  if (image !== undefined && script !== image) throw new UsageError('give --script or --image, not both');
  checkChangeOptions(options);
  if (dryRun === 'client' && replace) {
    throw new UsageError('what --replace keeps is known to the cluster alone; use --dry-run=server');
  }
  return { name, script };
}

async function write(
  { object: body, name }: NewPlugin,
  { replace = false, dryRun }: CreateOptions,
  client: KubeClient,
): Promise<Omit<Change<LuaPlugin>, 'dryRun'>> {
  const isDryRun = dryRun === 'server';
  const present = replace ? await findPlugin(client, name) : undefined;
  if (present !== undefined) {
    const { scriptFrom, ...rest } = present.spec;
    const object = await replaceSpec(client, present, { ...rest, ...body.spec }, isDryRun);
    if (object.metadata.generation === present.metadata.generation) return { object, done: 'unchanged' };
    const moved =
      scriptFrom === undefined ? '' : '; spec.scriptFrom is gone, the script is in spec.script now';
    return { object, done: `replaced${moved}` };
  }
  const query = dryRunQuery(isDryRun);
  try {
    const object = await client.request<LuaPlugin>({ method: 'POST', path: pluginsPath, query, body });
    return { object, done: 'created' };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    throw new CommandError(
      `there is a ${luaPluginResource.kind} "${name}" already; change it with --replace, or with kubectl apply`,
      { cause: error },
    );
  }
}
