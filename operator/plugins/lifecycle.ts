import { type FieldError, formatFieldErrors } from '../api/errors.ts';
import type { LuaPlugin } from '../api/generated.ts';
import { compileMatch, type NamespaceLabels } from '../api/selectors.ts';
import { validateLuaPlugin } from '../api/validate.ts';
import type { Clock } from '../kube/clock.ts';
import type { Logger } from '../observability/logging.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Sandbox } from '../sandbox/contract.ts';
import {
  type Active,
  failed,
  type Outcome,
  outcomeOfFailure,
  type PluginState,
  retryDelayMs,
} from './outcome.ts';
import type { PluginSet } from './plugin-set.ts';
import { programId, programOf } from './program.ts';
import { canonicalJson, nextNumber, revisionHash } from './revision.ts';
import { runTests, type TestOutcome, type TestReport } from './run-tests.ts';
import type { Statistics } from './statistics.ts';
import { recordedErrors } from './status.ts';

export interface LifecycleOptions {
  readonly sandbox: Sandbox;
  readonly plugins: PluginSet;
  readonly statistics: Statistics;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly namespaceLabels: NamespaceLabels;
  /** Which of these API groups the cluster does not serve. */
  readonly missingGroups: (groups: readonly string[]) => Promise<string[]>;
}

/**
 * Puts each generation of a LuaPlugin to work: a new revision is compiled, loaded and tested beside the one that
 * serves, and takes its place in one step only when all of that succeeded.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #states = new Map<string, PluginState>();
  /** Programs loaded so far. */
  #loads = 0;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /**
   * Brings one plugin to its latest generation. Calls for one name must not overlap.
   * @param excess why the plugin's spec is not even looked at; see findExcess
   * @throws only for faults that may pass (the API server, a sandbox that stops)
   */
  async apply(plugin: LuaPlugin, excess?: FieldError): Promise<PluginState> {
    const { name, uid, generation = 0 } = plugin.metadata;
    const known = this.#states.get(name);
    if (known !== undefined && known.uid !== uid) this.remove(name);
    const before = this.#states.get(name);
    const sameGeneration = before?.generation === generation;
    const { clock, statistics } = this.#options;
    if (sameGeneration && clock.now() < (before.retryAt ?? Number.POSITIVE_INFINITY)) return before;

    statistics.add(name, recordedErrors(plugin.status));
    if (before === undefined) this.#holdPlace(plugin);
    const { outcome, active } =
      excess === undefined
        ? await this.#advance(plugin, before?.active)
        : { outcome: failed('InvalidSpec', formatFieldErrors([excess])), active: before?.active };
    const tries = sameGeneration ? before.tries + 1 : 1;
    const delayMs = retryDelayMs({ outcome, tries });
    const retryAt = delayMs === undefined ? undefined : clock.now() + delayMs;
    const last = active ?? before?.last ?? plugin.status?.activeRevision;
    const state: PluginState = { uid, generation, outcome, tries, retryAt, active, last };
    this.#states.set(name, state);
    this.#report(name, before, state);
    return state;
  }

  /** Forgets a deleted plugin: its Pods go to the next one. */
  remove(name: string): void {
    const { plugins, sandbox, statistics } = this.#options;
    const state = this.#states.get(name);
    this.#states.delete(name);
    plugins.remove(name);
    if (state === undefined) return;
    if (state.active !== undefined) sandbox.unload(state.active.program);
    statistics.remove(name);
    this.#options.logger.info({ plugin: name }, 'plugin deleted');
  }

  /**
   * A plugin that served in an earlier run of the operator has Pods that carry its answer. Until it serves again,
   * whatever keeps it from that, they keep what they have.
   */
  #holdPlace({ metadata: { name }, status }: LuaPlugin): void {
    if (status?.activeRevision === undefined) return;
    this.#options.plugins.put({
      name,
      priority: 0,
      mode: 'Enforce',
      matches: () => true,
      program: undefined,
    });
  }

  async #advance(object: LuaPlugin, active: Active | undefined): Promise<Advance> {
    const checked = validateLuaPlugin(object);
    if (!checked.ok) return { outcome: failed('InvalidSpec', formatFieldErrors(checked.errors)), active };
    const { plugin } = checked;
    const { spec } = plugin;

    if (spec.suspend) return { outcome: { state: 'suspended' }, active: this.#retire(plugin, active) };
    const missing = await this.#options.missingGroups(spec.requires?.apiGroups ?? []);
    if (missing.length > 0) {
      const message = `the cluster does not serve ${missing.join(', ')}; the plugin starts when it does`;
      return { outcome: failed('DependencyMissing', message), active: this.#retire(plugin, active) };
    }
    const hash = revisionHash(spec);
    if (active?.hash === hash) return await this.#keep(plugin, active);
    return await this.#replace(plugin, hash, active);
  }

  /** What the plugin does has not changed: at most its tests, priority or mode have. */
  async #keep(plugin: LuaPlugin, active: Active): Promise<Advance> {
    const tests = plugin.spec.tests ?? [];
    const sameTests = canonicalJson(tests) === active.testsJson;
    const { sandbox, clock } = this.#options;
    const outcome = sameTests
      ? { report: active.tests, wasStopped: false }
      : await runTests(active.program, tests, sandbox, clock);
    const kept = { ...active, testsJson: canonicalJson(tests), tests: outcome.report };
    this.#publish(plugin, kept);
    return { outcome: outcomeOfTests(outcome), active: kept };
  }

  async #replace(plugin: LuaPlugin, hash: string, active: Active | undefined): Promise<Advance> {
    const { sandbox, statistics } = this.#options;
    const { name } = plugin.metadata;
    const loaded = await this.#load(plugin);
    if (loaded.outcome.state !== 'serving') {
      if (active === undefined) this.#publish(plugin, undefined);
      return { outcome: loaded.outcome, active };
    }
    const next: Active = {
      program: loaded.program,
      hash,
      number: nextNumber(active ?? this.#states.get(name)?.last ?? plugin.status?.activeRevision, hash),
      generation: plugin.metadata.generation ?? 0,
      testsJson: canonicalJson(plugin.spec.tests ?? []),
      tests: loaded.tests,
    };
    // After a restart the revision that served goes on, with its errors.
    if (next.hash !== plugin.status?.activeRevision?.hash) statistics.startRevision(name);
    this.#publish(plugin, next);
    if (active !== undefined) sandbox.unload(active.program);
    return { outcome: loaded.outcome, active: next };
  }

  async #load(plugin: LuaPlugin): Promise<{ outcome: Outcome; program: string; tests: TestReport }> {
    const { sandbox, metrics } = this.#options;
    const { name, generation } = plugin.metadata;
    // Not the generation alone: a plugin that is made anew begins at 1 again, and must not pass for the old one.
    this.#loads += 1;
    const id = programId(name, generation ?? 0, this.#loads);
    const nothing: TestReport = { passed: 0, failed: 0, failures: [] };
    const made = await programOf(plugin, id, sandbox);
    if (!made.ok) return { outcome: failed(made.reason, made.message), program: id, tests: nothing };
    const failure = await sandbox.load(made.program);
    if (failure !== undefined) {
      metrics.errors.inc({ plugin: name, reason: failure.reason });
      return { outcome: outcomeOfFailure(failure), program: id, tests: nothing };
    }
    const tested = await runTests(id, plugin.spec.tests ?? [], sandbox, this.#options.clock);
    const outcome = outcomeOfTests(tested);
    if (outcome.state !== 'serving') sandbox.unload(id);
    return { outcome, program: id, tests: tested.report };
  }

  /** Takes a plugin out of service: its Pods go to the next one. */
  #retire(plugin: LuaPlugin, active: Active | undefined): undefined {
    this.#options.plugins.remove(plugin.metadata.name);
    if (active !== undefined) this.#options.sandbox.unload(active.program);
  }

  #publish(plugin: LuaPlugin, active: Active | undefined): void {
    const { plugins, namespaceLabels } = this.#options;
    const { name } = plugin.metadata;
    const { priority, mode, match } = plugin.spec;
    plugins.put({
      name,
      priority,
      mode,
      matches: compileMatch(match, namespaceLabels),
      program: active?.program,
    });
  }

  #report(name: string, before: PluginState | undefined, state: PluginState): void {
    const { outcome, active, generation } = state;
    const { metrics, logger } = this.#options;
    metrics.ready.set({ plugin: name }, outcome.state === 'serving' ? 1 : 0);
    metrics.activeRevision.set({ plugin: name }, active?.number ?? 0);
    const fields = { plugin: name, generation, servingRevision: active?.number };
    switch (outcome.state) {
      case 'suspended':
        logger.info(fields, 'plugin suspended');
        return;
      case 'serving':
        if (before?.outcome.state === 'serving' && active?.program === before.active?.program) return;
        metrics.reloads.inc({ plugin: name, result: 'success' });
        logger.info(fields, 'plugin serves');
        return;
      case 'failed':
        metrics.reloads.inc({ plugin: name, result: 'failure' });
        logger.warn({ ...fields, reason: outcome.reason, error: outcome.message }, 'plugin not ready');
    }
  }
}

interface Advance {
  readonly outcome: Outcome;
  readonly active: Active | undefined;
}

function outcomeOfTests({ report, wasStopped }: TestOutcome): Outcome {
  const [first] = report.failures;
  if (first === undefined) return { state: 'serving' };
  const message = `${report.failed} of ${report.passed + report.failed} tests failed; ${first.name}: ${first.message}`;
  return { ...failed('TestsFailed', message), retry: wasStopped ? 'perhaps' : 'never', tests: report };
}
