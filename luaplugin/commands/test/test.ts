import { readPlugins } from '../../input/plugins.ts';
import { checkPaths } from '../../input/text.ts';
import { type LocatedPlugin, validPlugin } from '../../input/valid-plugin.ts';
import { structured } from '../../output/format.ts';
import { withProgressBar } from '../../output/progress.ts';
import { type ExitCode, exitCodes, InputError } from '../../program/errors.ts';
import type { Io } from '../../program/io.ts';
import type { Format, OutputOptions } from '../../program/options.ts';
import { withEachPlugin } from '../../sandbox.ts';
import { junit } from './junit.ts';
import { countTests, type PluginResult, testPlugin } from './plugin-result.ts';
import { testReport } from './report.ts';

type Output = Format | 'junit';

/**
 * Runs the tests of all plugins under some paths.
 * @returns `failed` when a test failed, or a plugin with tests could not be loaded
 * @throws InputError when a file is no good, or when there is no test at all
 */
export async function test(
  paths: readonly string[],
  { output }: OutputOptions<Output>,
  io: Io,
): Promise<ExitCode> {
  checkPaths(paths);
  const plugins = await readValid(paths, io);
  const total = plugins.reduce((sum, { plugin }) => sum + (plugin.spec.tests?.length ?? 0), 0);
  if (total === 0) {
    const found = plugins.length === 0 ? 'no LuaPlugin' : 'no LuaPlugin with spec.tests';
    throw new InputError({ file: paths.join(' '), message: `${found} found there` });
  }
  const begun = performance.now();
  let done = 0;
  const results = await withProgressBar(io, 'Testing', (update) =>
    withEachPlugin(plugins, testPlugin, ({ tests }) => {
      done += tests.length;
      update(done / total);
    }),
  );
  io.stdout.write(await format(results, (performance.now() - begun) / 1000, output));
  return countTests(results).failed > 0 ? exitCodes.failed : exitCodes.done;
}

async function readValid(paths: readonly string[], io: Io): Promise<LocatedPlugin[]> {
  const { plugins, configMaps, unreadable } = await readPlugins(paths, io);
  const checked = plugins.map((source) => validPlugin(source, configMaps));
  const problems = [...unreadable, ...checked.flatMap((result) => ('plugin' in result ? [] : result))];
  if (problems.length > 0) throw new InputError(...problems);
  return checked.filter((result) => 'plugin' in result);
}

async function format(results: readonly PluginResult[], seconds: number, output: Output): Promise<string> {
  if (output === 'table') return testReport(results, seconds);
  if (output === 'junit') return junit(results, seconds);
  return await structured({ ...countTests(results), seconds, plugins: results }, output);
}
