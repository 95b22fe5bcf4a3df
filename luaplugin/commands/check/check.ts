import { availableParallelism } from 'node:os';
import type { Sandbox } from '../../../operator/sandbox/contract.ts';
import { checkPaths } from '../../input/paths.ts';
import { type PluginSources, readPlugins } from '../../input/plugins.ts';
import { type LocatedPlugin, validPlugin } from '../../input/valid-plugin.ts';
import { asWarning, warningsOf } from '../../input/warnings.ts';
import { type Format, structured } from '../../output/format.ts';
import { printable } from '../../output/printable.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import { type Finding, formatFinding, InputError } from '../../program/finding.ts';
import type { Io } from '../../program/io.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
import { loadPlugin, withSandbox } from '../../sandbox.ts';

export interface CheckOptions {
  readonly output: Format;
}

/**
 * Checks plugins and lists what is wrong with them.
 * @returns `failed` when something is
 * @throws InputError when files can't be read; what the others hold is checked all the same
 */
export async function check(paths: readonly string[], options: CheckOptions, io: Io): Promise<ExitCode> {
  checkPaths(paths);
  const sources = await readPlugins(paths, io);
  const { findings, warnings } = await findingsOf(sources, io);
  const plugins = sources.plugins.length;
  if (options.output === 'table') {
    for (const finding of findings) io.stdout.write(`${printable(formatFinding(finding))}\n`);
    for (const warning of warnings) io.stdout.write(`${printable(formatFinding(asWarning(warning)))}\n`);
    if (findings.length === 0 && plugins > 0) {
      io.stdout.write(plugins === 1 ? '1 plugin is fine\n' : `${plugins} plugins are fine\n`);
    }
  } else {
    io.stdout.write(
      await structured({ plugins, findings, ...(warnings.length > 0 ? { warnings } : {}) }, options.output),
    );
  }
  if (sources.unreadable.length > 0) throw new InputError(sources.unreadable);
  if (plugins === 0) throw new InputError([{ file: paths.join(' '), message: 'no LuaPlugin found there' }]);
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

interface Findings {
  readonly findings: readonly Finding[];
  /** What their authors should know of plugins that load. */
  readonly warnings: readonly Finding[];
}

/** All that is wrong, in the order of the files. */
async function findingsOf({ plugins, configMaps }: PluginSources, io: Io): Promise<Findings> {
  const findings: (readonly Finding[])[] = new Array(plugins.length).fill([]);
  const valid: { readonly index: number; readonly located: LocatedPlugin }[] = [];
  for (const [index, source] of plugins.entries()) {
    const checked = validPlugin(source, configMaps);
    if ('plugin' in checked) valid.push({ index, located: checked });
    else findings[index] = checked;
  }
  if (valid.length === 0) return { findings: findings.flat(), warnings: [] };
  const workers = availableParallelism();
  const bar = progressBar(io, 'Checking');
  let done = 0;
  try {
    await withSandbox(workers, (sandbox) =>
      forEachAtOnce(valid, workers, async ({ index, located }) => {
        findings[index] = await loadFindings(located, `plugin-${index}`, sandbox);
        bar.update(++done / valid.length);
      }),
    );
  } finally {
    bar.end();
  }
  const loaded = valid.filter(({ index }) => findings[index]?.length === 0);
  return { findings: findings.flat(), warnings: loaded.flatMap(({ located }) => warningsOf(located, true)) };
}

async function loadFindings(located: LocatedPlugin, id: string, sandbox: Sandbox): Promise<Finding[]> {
  const program = await loadPlugin(located, id, sandbox);
  if ('message' in program) return [program];
  sandbox.unload(program.id);
  return [];
}
