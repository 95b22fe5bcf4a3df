import type { Sandbox } from '../../operator/sandbox/contract.ts';
import { nameProblems } from '../input/plugin-names.ts';
import { type PluginSources, readPlugins } from '../input/plugins.ts';
import { checkPaths } from '../input/text.ts';
import { formatWarning, type LocatedPlugin, validPlugin, warningsOf } from '../input/valid-plugin.ts';
import { structured } from '../output/format.ts';
import { writeLine } from '../output/printable.ts';
import { withProgressBar } from '../output/progress.ts';
import {
  type Diagnostic,
  type ExitCode,
  exitCodes,
  formatDiagnostic,
  InputError,
} from '../program/errors.ts';
import type { Io } from '../program/io.ts';
import type { OutputOptions } from '../program/options.ts';
import { loadPlugin, withEachPlugin } from '../sandbox.ts';

/**
 * Checks plugins and lists what is wrong with them.
 * @returns `failed` when something is
 * @throws InputError when files can't be read; what the others hold is checked all the same
 */
export async function check(paths: readonly string[], { output }: OutputOptions, io: Io): Promise<ExitCode> {
  checkPaths(paths);
  const sources = await readPlugins(paths, io);
  const { findings, warnings } = await findingsOf(sources, io);
  const plugins = sources.plugins.length;
  if (output === 'table') {
    for (const finding of findings) writeLine(io.stdout, formatDiagnostic(finding));
    for (const warning of warnings) writeLine(io.stdout, formatWarning(warning));
    if (findings.length === 0 && plugins > 0) {
      io.stdout.write(plugins === 1 ? '1 plugin is fine\n' : `${plugins} plugins are fine\n`);
    }
  } else {
    const result = { plugins, findings, ...(warnings.length > 0 ? { warnings } : {}) };
    io.stdout.write(await structured(result, output));
  }
  if (sources.unreadable.length > 0) throw new InputError(...sources.unreadable);
  if (plugins === 0) throw new InputError({ file: paths.join(' '), message: 'no LuaPlugin found there' });
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

interface Findings {
  /** All that is wrong, in the order of the files. */
  readonly findings: readonly Diagnostic[];
  /** What their authors should know of plugins that load. */
  readonly warnings: readonly Diagnostic[];
}

async function findingsOf({ plugins, configMaps }: PluginSources, io: Io): Promise<Findings> {
  const checked = plugins.map((source) => validPlugin(source, configMaps));
  const valid = checked.filter((one) => 'plugin' in one);
  let done = 0;
  const problems = await withProgressBar(io, 'Checking', (update) =>
    withEachPlugin(valid, loadProblem, () => update(++done / valid.length)),
  );
  const problemOf = (located: LocatedPlugin) => problems[valid.indexOf(located)] ?? [];
  const named = nameProblems(plugins);
  return {
    findings: checked.flatMap((one, index) => [
      ...(named[index] ?? []),
      ...('plugin' in one ? problemOf(one) : one),
    ]),
    warnings: valid.flatMap((one) => (problemOf(one).length === 0 ? warningsOf(one, true) : [])),
  };
}

async function loadProblem(located: LocatedPlugin, id: string, sandbox: Sandbox): Promise<Diagnostic[]> {
  const program = await loadPlugin(located, id, sandbox);
  if ('message' in program) return [program];
  sandbox.unload(program.id);
  return [];
}
