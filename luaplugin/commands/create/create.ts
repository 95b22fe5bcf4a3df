import { type LuaPlugin, luaPluginResource } from '../../../operator/api/generated.ts';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { ApiError, isAlreadyExists } from '../../../operator/kube/client/errors.ts';
import { withCluster } from '../../cluster/connect.ts';
import type { ChangeFormat, ClusterOptions, DryRun, WaitOptions } from '../../cluster/options.ts';
import { dryRunQuery, findPlugin, pluginPath, pluginsPath, replaceSpec } from '../../cluster/plugins.ts';
import { printChange } from '../../cluster/print.ts';
import { reportReadiness, showWarnings } from '../../cluster/report-readiness.ts';
import { CommandError, UsageError } from '../../program/definition.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import type { Io } from '../../program/io.ts';
import { placesInFiles } from './authors-places.ts';
import { type Draft, type DraftOptions, objectOf, readDraft } from './draft.ts';

export interface CreateOptions extends Omit<DraftOptions, 'script'>, ClusterOptions, WaitOptions {
  readonly script?: string;
  /** deepflow-ctl's words for script and name. */
  readonly image?: string;
  readonly name?: string;
  readonly type: string;
  readonly replace?: boolean;
  readonly dryRun?: DryRun;
  readonly output: ChangeFormat;
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
  const { dryRun, output, wait = false } = options;
  const { name, script } = checkOptions(argument, options);
  const draft = await readDraft(name, { ...options, script }, io);
  if (dryRun === 'client') {
    await printChange({ name, done: 'created', dryRun, object: objectOf(draft) }, output, io);
    return exitCodes.done;
  }
  const places = placesInFiles(name, draft.scriptFile, draft.placeOfTest);
  return await withCluster(
    options,
    async ({ client }) => {
      const { plugin, done } = await write(draft, options, client).catch((error: unknown) => {
        // What a webhook says of the script names the plugin's line; its author looks into the file.
        if (!(error instanceof ApiError)) throw error;
        const message = places.inScript(error.message);
        throw message === error.message
          ? error
          : new CommandError(exitCodes.failed, message, { cause: error });
      });
      const saysDone = output === 'table';
      if (saysDone || !wait) await printChange({ name, done, dryRun, object: plugin }, output, io);
      if (!wait) return exitCodes.done;
      const { timeout: timeoutMs } = options;
      const report = await reportReadiness(plugin, { client, timeoutMs, places, io, says: saysDone });
      if (!saysDone) await printChange({ name, done, dryRun, object: report.plugin }, output, io);
      return report.code;
    },
    showWarnings(places, io),
  );
}

/** @throws UsageError for what does not go together */
function checkOptions(
  argument: string | undefined,
  options: CreateOptions,
): { readonly name: string; readonly script: string } {
  const { type, image, script = image, replace, dryRun, wait } = options;
  if (type !== 'lua') {
    throw new UsageError(`--type ${type} is not supported: plugins are written in lua`);
  }
  if (argument !== undefined && options.name !== undefined && argument !== options.name) {
    throw new UsageError(`two names, ${argument} and ${options.name}; give one`);
  }
  const name = argument ?? options.name;
  if (name === undefined) throw new UsageError("missing the plugin's name");
  pluginPath(name);
  if (script === undefined) throw new UsageError('missing --script <file>, the Lua source');
  if (image !== undefined && script !== image) throw new UsageError('give --script or --image, not both');
  if (dryRun !== undefined && wait) throw new UsageError('nothing can be waited for in a --dry-run');
  if (dryRun === 'client' && replace) {
    throw new UsageError('what --replace keeps is known to the cluster alone; use --dry-run=server');
  }
  return { name, script };
}

async function write(
  draft: Draft,
  { replace = false, dryRun }: CreateOptions,
  client: KubeClient,
): Promise<{ readonly plugin: LuaPlugin; readonly done: string }> {
  const isRehearsal = dryRun === 'server';
  const present = replace ? await findPlugin(client, draft.name) : undefined;
  if (present !== undefined) return await replaceIn(present, draft, client, isRehearsal);
  try {
    const plugin = await client.request<LuaPlugin>({
      method: 'POST',
      path: pluginsPath,
      query: dryRunQuery(isRehearsal),
      body: objectOf(draft),
    });
    return { plugin, done: 'created' };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    throw new CommandError(
      exitCodes.failed,
      `there is a ${luaPluginResource.kind} "${draft.name}" already; change it with --replace, or with kubectl apply`,
      { cause: error },
    );
  }
}

async function replaceIn(present: LuaPlugin, draft: Draft, client: KubeClient, isRehearsal: boolean) {
  const { scriptFrom, ...rest } = present.spec;
  const plugin = await replaceSpec(client, present, { ...rest, ...draft.spec }, isRehearsal);
  if (plugin.metadata.generation === present.metadata.generation) return { plugin, done: 'unchanged' };
  const done =
    scriptFrom === undefined
      ? 'replaced'
      : 'replaced; spec.scriptFrom is gone, the script is in spec.script now';
  return { plugin, done };
}
