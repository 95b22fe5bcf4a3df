import type { LuaPlugin } from '../../api/generated.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import { programOf } from '../script/program.ts';
import { runTests, type TestOutcome, type TestReport } from '../script/run-tests.ts';
import { failed, type Outcome, outcomeOfFailure } from '../state/plugin-state.ts';

export interface LoadOptions {
  readonly sandbox: Sandbox;
  /** The same sandbox, as tests may use it. */
  readonly testing: Pick<Sandbox, 'evaluate'>;
  readonly metrics: Pick<Metrics, 'errors'>;
}

/** What came of an attempt to load a revision; it stays in the sandbox only when its outcome is `serving`. */
export interface Loaded {
  readonly outcome: Outcome;
  readonly tests: TestReport;
}

const noTests: TestReport = { passed: 0, failed: 0, failures: [] };

/**
 * Checks a plugin's parameters, loads it beside all that serve, and runs its tests.
 * @param plugin valid, with its defaults and the script's text
 * @param id the sandbox's name for it
 */
export async function loadRevision(plugin: LuaPlugin, id: string, options: LoadOptions): Promise<Loaded> {
  const { sandbox, testing, metrics } = options;
  const made = await programOf(plugin, id, sandbox);
  if (!made.ok) return { outcome: failed(made.reason, made.message), tests: noTests };
  const failure = await sandbox.load(made.program);
  if (failure !== undefined) {
    metrics.errors.inc({ plugin: plugin.metadata.name, reason: failure.reason });
    return { outcome: outcomeOfFailure(failure), tests: noTests };
  }
  const tested = await runTests(id, plugin.spec.tests ?? [], testing);
  const outcome = outcomeOfTests(tested);
  if (outcome.state !== 'serving') sandbox.unload(id);
  return { outcome, tests: tested.report };
}

/** A generation whose tests were run. */
export function outcomeOfTests({ report, wasStopped }: TestOutcome): Outcome {
  const [first] = report.failures;
  if (first === undefined) return { state: 'serving' };
  const message = `${report.failed} of ${report.passed + report.failed} tests failed; ${first.name}: ${first.message}`;
  return { ...failed('TestsFailed', message), retry: wasStopped ? 'perhaps' : 'never', tests: report };
}
