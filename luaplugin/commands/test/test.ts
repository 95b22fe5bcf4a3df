import { availableParallelism } from 'node:os';
import { checkPaths } from '../../input/paths.ts';
import { readPlugins } from '../../input/plugins.ts';
import { type LocatedPlugin, validPlugin } from '../../input/valid-plugin.ts';
import { type Format, structured } from '../../output/format.ts';
import { progressBar } from '../../output/progress-bar.ts';
import { type ExitCode, exitCodes } from '../../program/exit-codes.ts';
import { InputError } from '../../program/finding.ts';
import type { Io } from '../../program/io.ts';
import { forEachAtOnce } from '../../program/parallel.ts';
import { withSandbox } from '../../sandbox.ts';
import { junit } from './junit.ts';
import { countTests, type PluginResult, testPlugin } from './plugin-result.ts';
import { testReport } from './report.ts';

export interface TestOptions {
  readonly output: Format | 'junit';
}

/**
 * Runs the tests of all plugins under some paths.
 * @returns `failed` when a test failed, or a plugin with tests could not be loaded
 * @throws InputError when a file is no good, or when there is no test at all
 */
export async function test(paths: readonly string[], options: TestOptions, io: Io): Promise<ExitCode> {
  checkPaths(paths);
  const plugins = await readValid(paths, io);
  const total = plugins.reduce((sum, { plugin }) => sum + (plugin.spec.tests?.length ?? 0), 0);
  if (total === 0) {
    const found = plugins.length === 0 ? 'no LuaPlugin' : 'no LuaPlugin with spec.tests';
    throw new InputError([{ file: paths.join(' '), message: `${found} found there` }]);
  }
  const begun = performance.now();
  const results = await runAll(plugins, total, io);
  const seconds = (performance.now() - begun) / 1000;
  io.stdout.write(await format(results, seconds, options.output));
  return countTests(results).failed > 0 ? exitCodes.failed : exitCodes.done;
}

async function readValid(paths: readonly string[], io: Io): Promise<LocatedPlugin[]> {
  const { plugins, configMaps, unreadable } = await readPlugins(paths, io);
  const checked = plugins.map((source) => validPlugin(source, configMaps));
  const problems = [...unreadable, ...checked.flatMap((result) => ('plugin' in result ? [] : result))];
  if (problems.length > 0) throw new InputError(problems);
  return checked.flatMap((result) => ('plugin' in result ? [result] : []));
}

async function runAll(plugins: readonly LocatedPlugin[], total: number, io: Io): Promise<PluginResult[]> {
  const workers = availableParallelism();
  const results: PluginResult[] = [];
  const bar = progressBar(io, 'Testing');
  let done = 0;
  try {
    await withSandbox(workers, (sandbox) =>
      forEachAtOnce([...plugins.entries()], 2 * workers, async ([index, located]) => {
        const result = await testPlugin(located, `plugin-${index}`, sandbox);
        results[index] = result;
        done += result.tests.length;
        bar.update(done / total);
      }),
    );
  } finally {
    bar.end();
  }
  return results;
}

async function format(
  results: readonly PluginResult[],
  seconds: number,
  output: TestOptions['output'],
): Promise<string> {
  switch (output) {
    case 'table':
      return testReport(results, seconds);
    case 'junit':
      return junit(results, seconds);
    default:
      return structured({ ...countTests(results), seconds, plugins: results }, output);
  }
}
