import { type FieldError, formatFieldErrors } from '../../api/errors.ts';
import type { ActiveRevision, LuaPlugin } from '../../api/generated.ts';
import { compileMatch, type NamespaceLabels } from '../../api/selectors.ts';
import { validateLuaPlugin } from '../../api/validate.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Sandbox } from '../../sandbox/contract.ts';
import type { Clock } from '../../time/clock.ts';
import { programId } from '../script/program.ts';
import { runTests } from '../script/run-tests.ts';
import type { ScriptSources } from '../script/script-sources.ts';
import type { PluginSet } from '../state/plugin-set.ts';
import { type Active, failed, type Outcome, type PluginState, retryDelayMs } from '../state/plugin-state.ts';
import { canonicalJson, nextNumber, programHash, type Revision, revisionHash } from '../state/revision.ts';
import { earlierErrors, earlierRevision } from '../status/earlier-status.ts';
import type { Statistics } from '../status/statistics.ts';
import { loadRevision, outcomeOfTests } from './load-revision.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { reportReload } from './reload-report.ts';

export interface LifecycleOptions {
  readonly sandbox: Sandbox;
  readonly plugins: PluginSet;
  readonly scripts: Pick<ScriptSources, 'read' | 'release'>;
  readonly statistics: Statistics;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly namespaceLabels: NamespaceLabels;
  /** Which of these API groups the cluster does not serve. */
  readonly missingGroups: (groups: readonly string[]) => Promise<string[]>;
  /** See findStored. */
  readonly storedRevision: (plugin: LuaPlugin, recorded: ActiveRevision) => Promise<LuaPlugin | undefined>;
}

/**
 * Puts each generation of a LuaPlugin to work: a new revision is compiled, loaded and tested beside the one that
 * serves, and takes its place in one step only when all of that succeeded.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #states = new Map<string, PluginState>();
  /** By name: how often the script in a ConfigMap changed. */
  readonly #scriptVersions = new Map<string, number>();
  /** One test runs at a time, whatever plugin it is of: slow ones must not take every Worker from the Pods. */
  readonly #testing: Pick<Sandbox, 'evaluate'>;
  /** Programs loaded so far. */
  #loads = 0;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#testing = oneAtATime(options.sandbox);
  }

  /**
   * A plugin is there, and its turn may come late: others may take their time to load. One that served in an earlier
   * run of the operator has Pods that carry its answer. Until it serves again, whatever keeps it from that, they keep
   * what they have.
   */
  holdPlace({ metadata: { name }, spec, status }: LuaPlugin): void {
    const { plugins } = this.#options;
    if (status?.activeRevision === undefined || this.#states.has(name) || plugins.get(name)) return;
    // Nobody has checked the spec; one that is too large to be kept has no fields.
    const priority = Number.isInteger(spec.priority) ? spec.priority : 0;
    plugins.put({ name, priority, mode: 'Enforce', matches: () => true, program: undefined });
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
    const scriptVersion = this.#scriptVersions.get(name) ?? 0;
    const isSame = before?.generation === generation && before.scriptVersion === scriptVersion;
    const { clock } = this.#options;
    if (isSame && clock.now() < (before.retryAt ?? Number.POSITIVE_INFINITY)) return before;

    const { outcome, active: advanced } = await this.#advance(plugin, before?.active, excess);
    const active = advanced ?? (await this.#restore(plugin, outcome));
    const tries = isSame ? before.tries + 1 : 1;
    const delayMs = retryDelayMs({ outcome, tries });
    const retryAt = delayMs === undefined ? undefined : clock.now() + delayMs;
    const last = active ?? before?.last ?? earlierRevision(plugin.status);
    const state: PluginState = { uid, generation, scriptVersion, outcome, tries, retryAt, active, last };
    this.#states.set(name, state);
    reportReload(name, before, state, this.#options);
    return state;
  }

  /** The script that a plugin takes from a ConfigMap may be another: the next apply looks, whatever the generation. */
  scriptChanged(name: string): void {
    this.#scriptVersions.set(name, (this.#scriptVersions.get(name) ?? 0) + 1);
  }

  /** Forgets a deleted plugin: its Pods go to the next one. */
  remove(name: string): void {
    const { plugins, sandbox, scripts, statistics } = this.#options;
    const state = this.#states.get(name);
    this.#states.delete(name);
    this.#scriptVersions.delete(name);
    scripts.release(name);
    plugins.remove(name);
    // Counted from the first try on, which may have failed before there was a state.
    statistics.remove(name);
    if (state === undefined) return;
    if (state.active !== undefined) sandbox.unload(state.active.program);
    this.#options.logger.info({ plugin: name }, 'plugin deleted');
  }

  async #advance(object: LuaPlugin, active: Active | undefined, excess?: FieldError): Promise<Advance> {
    const { missingGroups, statistics } = this.#options;
    const { name } = object.metadata;
    const checked =
      excess === undefined ? validateLuaPlugin(object) : ({ ok: false, errors: [excess] } as const);
    const required = checked.ok && !checked.plugin.spec.suspend ? checked.plugin.spec.requires : undefined;
    const missing = await missingGroups(required?.apiGroups ?? []);
    if (missing.length > 0) {
      // What can't have Pods has no numbers.
      statistics.remove(name);
      const message = `the cluster does not serve ${missing.join(', ')}; the plugin starts when it does`;
      return { outcome: { state: 'dormant', message }, active: this.#retire(name, active) };
    }
    statistics.add(name, earlierErrors(object.status));
    if (!checked.ok) return { outcome: failed('InvalidSpec', formatFieldErrors(checked.errors)), active };
    const { spec } = checked.plugin;
    if (spec.suspend) return { outcome: { state: 'suspended' }, active: this.#retire(name, active) };
    const text = await this.#options.scripts.read(name, spec);
    if (!text.ok) {
      if (active === undefined) this.#publish(checked.plugin, undefined);
      return { outcome: failed('ScriptNotFound', text.message), active };
    }
    const plugin = { ...checked.plugin, spec: { ...spec, script: text.script } };
    return active?.programHash === programHash(plugin.spec)
      ? await this.#keep(plugin, active)
      : await this.#replace(plugin, active);
  }

  /** What the sandbox runs has not changed: at most match, tests, priority or mode have. */
  async #keep(plugin: LuaPlugin, active: Active): Promise<Advance> {
    const { statistics } = this.#options;
    const tests = plugin.spec.tests ?? [];
    const testsJson = canonicalJson(tests);
    const tested =
      testsJson === active.testsJson
        ? { report: active.tests, wasStopped: false }
        : await runTests(active.program, tests, this.#testing);
    const outcome = outcomeOfTests(tested);
    const isNew = revisionHash(plugin.spec) !== active.hash;
    if (isNew && outcome.state !== 'serving') return { outcome, active };
    const revision = isNew ? { ...this.#nextRevision(plugin, active), plugin } : {};
    // A test that had to be stopped says little: it is run again.
    const seen = tested.wasStopped ? {} : { testsJson, tests: tested.report };
    const kept = { ...active, ...revision, ...seen };
    if (isNew) {
      const { name } = plugin.metadata;
      const { quarantinedUntil } = statistics.get(name);
      statistics.startRevision(name, kept.hash);
      // It is the same program, and the sandbox still has against it what it had.
      statistics.quarantine(name, quarantinedUntil);
    }
    this.#publish(plugin, kept);
    return { outcome, active: kept };
  }

  async #replace(plugin: LuaPlugin, active: Active | undefined): Promise<Advance> {
    const { sandbox, statistics } = this.#options;
    const { name } = plugin.metadata;
    const { outcome, loaded } = await this.#load(plugin);
    if (loaded === undefined) {
      if (active === undefined) this.#publish(plugin, undefined);
      return { outcome, active };
    }
    const next: Active = { ...this.#nextRevision(plugin, active), ...loaded };
    statistics.startRevision(name, next.hash);
    this.#publish(plugin, next);
    if (active !== undefined) sandbox.unload(active.program);
    return { outcome, active: next };
  }

  /** A generation that fails after a restart: the revision that served before it serves on, as it was stored. */
  async #restore(plugin: LuaPlugin, outcome: Outcome): Promise<Active | undefined> {
    const { storedRevision, statistics, logger } = this.#options;
    const recorded = earlierRevision(plugin.status);
    if (outcome.state !== 'failed' || recorded === undefined) return;
    const stored = await storedRevision(plugin, recorded);
    const loaded = stored && (await this.#load(stored)).loaded;
    if (loaded === undefined) return;
    const { number, hash, generation } = recorded;
    const active: Active = { number, hash, generation, ...loaded };
    const { name } = plugin.metadata;
    statistics.startRevision(name, hash);
    this.#publish(active.plugin, active);
    logger.info({ plugin: name, revision: number }, 'the revision that served before the restart serves on');
    return active;
  }

  async #load(plugin: LuaPlugin): Promise<{ outcome: Outcome; loaded?: Omit<Active, keyof Revision> }> {
    const { name, generation = 0 } = plugin.metadata;
    // Not the generation alone: a plugin that is made anew begins at 1 again, and must not pass for the old one.
    this.#loads += 1;
    const program = programId(name, generation, this.#loads);
    const options = { ...this.#options, testing: this.#testing };
    const { outcome, tests } = await loadRevision(plugin, program, options);
    if (outcome.state !== 'serving') return { outcome };
    const { spec } = plugin;
    const testsJson = canonicalJson(spec.tests ?? []);
    return { outcome, loaded: { plugin, program, programHash: programHash(spec), testsJson, tests } };
  }

  #nextRevision(plugin: LuaPlugin, active: Active | undefined): Revision {
    const { name, generation = 0 } = plugin.metadata;
    const hash = revisionHash(plugin.spec);
    const previous = active ?? this.#states.get(name)?.last ?? earlierRevision(plugin.status);
    return { hash, generation, number: nextNumber(previous, hash) };
  }

  /** Takes a plugin out of service: its Pods go to the next one. */
  #retire(name: string, active: Active | undefined): undefined {
    const { plugins, sandbox, scripts } = this.#options;
    scripts.release(name);
    plugins.remove(name);
    if (active !== undefined) sandbox.unload(active.program);
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
}

interface Advance {
  readonly outcome: Outcome;
  readonly active: Active | undefined;
}
