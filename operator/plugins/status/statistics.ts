import { EventEmitter } from 'node:events';
import type { DryRunReport } from '../../api/generated.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Answer, Failure } from '../../sandbox/contract.ts';
import type { Clock } from '../../time/clock.ts';
import type { Conflict } from './conflict.ts';

/** One kind of error of a plugin, as the status shows it. */
export interface RecordedError {
  readonly failure: Failure;
  /** `namespace/name` of the last Pod that it happened on. */
  readonly pod: string | undefined;
  /** Milliseconds since the epoch, of the last time. */
  readonly time: number;
  readonly count: number;
}

/** What a plugin's calls came to since its revision began to serve. */
export interface PluginStatistics {
  /** Undefined until all Pods have been looked at once: what the status says of an earlier run still holds. */
  readonly pods: number | undefined;
  /** The hash of the revision that the errors are about; undefined while none has served. */
  readonly revision?: string | undefined;
  readonly errors: number;
  /** Latest first; equal errors (reason, message, line) are one entry. */
  readonly lastErrors: readonly RecordedError[];
  /** Until when the plugin is not asked, in milliseconds since the epoch, after repeated overruns. */
  readonly quarantinedUntil?: number | undefined;
  /** What it would change; undefined unless its mode is DryRun. */
  readonly dryRun?: DryRunReport | undefined;
  /** With which plugins of its priority it disagrees; undefined until that was looked for. */
  readonly conflicts?: readonly Conflict[] | undefined;
}

/** What an earlier run left of a plugin's errors. */
export type EarlierErrors = Pick<PluginStatistics, 'revision' | 'errors' | 'lastErrors'>;

/** As many as the status keeps. */
export const keptErrors = 5;

const noErrors: EarlierErrors = { errors: 0, lastErrors: [] };

/** Of a plugin whose errors are all different, so many are told in so many milliseconds. */
const toldErrors = { most: 5, withinMs: 60_000 };

interface Row {
  quarantinedUntil?: number | undefined;
  dryRun?: DryRunReport | undefined;
  conflicts?: readonly Conflict[] | undefined;
  revision?: string | undefined;
  pods: number;
  errors: number;
  lastErrors: RecordedError[];
}

export interface StatisticsOptions {
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Told of an error unlike the last ones of its plugin; of a few a minute only. */
  readonly onNewError: (plugin: string, error: RecordedError) => void;
}

/** Counts what plugins do to Pods, for metrics and status. Plugins that were not added are not counted. */
export class Statistics {
  readonly #options: StatisticsOptions;
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new EventEmitter<{ change: [plugin: string] }>();
  #earlier: (plugin: string) => EarlierErrors | undefined = () => undefined;
  /** By plugin: how many errors were told, and since when. */
  readonly #told = new Map<string, { readonly since: number; readonly count: number }>();
  #isComplete = false;
  #isCompared = false;

  constructor(options: StatisticsOptions) {
    this.#options = options;
  }

  /** Has the listener told of each plugin whose numbers change from now on. */
  onChange(listener: (plugin: string) => void): void {
    this.#listeners.on('change', listener);
  }

  /** Counts on from what this instance counted in an earlier run, where that is not what the status says. */
  countOnFrom(earlier: (plugin: string) => EarlierErrors | undefined): void {
    this.#earlier = earlier;
  }

  /** @param recorded what its status says of an earlier run */
  add(plugin: string, recorded: EarlierErrors = noErrors): void {
    if (this.#rows.has(plugin)) return;
    const { revision, errors, lastErrors } = this.#earlier(plugin) ?? recorded;
    this.#rows.set(plugin, { pods: 0, revision, errors, lastErrors: [...lastErrors] });
    this.#options.metrics.addPlugin(plugin);
  }

  /** All Pods have been looked at: from here on the counts are complete. */
  complete(): void {
    if (this.#isComplete) return;
    this.#isComplete = true;
    for (const plugin of this.#rows.keys()) this.#listeners.emit('change', plugin);
  }

  /** Pods change without being looked at: the counts are nobody's until complete() is called again. */
  incomplete(): void {
    this.#isComplete = false;
    this.#isCompared = false;
  }

  /**
   * Another instance has counted a plugin's errors meanwhile.
   * @param recorded what its status says; errors of one revision only grow, so the higher count is the later
   */
  takeOver(plugin: string, recorded: EarlierErrors): void {
    const row = this.#rows.get(plugin);
    if (row === undefined || row.revision !== recorded.revision || row.errors >= recorded.errors) return;
    row.errors = recorded.errors;
    row.lastErrors = [...recorded.lastErrors];
  }

  remove(plugin: string): void {
    this.#told.delete(plugin);
    if (this.#rows.delete(plugin)) this.#options.metrics.removePlugin(plugin);
  }

  get(plugin: string): PluginStatistics {
    const row = this.#rows.get(plugin) ?? { pods: 0, errors: 0, lastErrors: [] };
    const conflicts = row.conflicts ?? (this.#isCompared ? [] : undefined);
    const pods = this.#isComplete ? row.pods : undefined;
    return { ...row, pods, ...(conflicts === undefined ? {} : { conflicts }) };
  }

  /** Every plugin's numbers; undefined until all Pods have been looked at once. */
  snapshot(): ReadonlyMap<string, PluginStatistics> | undefined {
    return this.#isComplete ? this.#rows : undefined;
  }

  /**
   * A revision serves. What another one did wrong says nothing about it; after a restart the same one goes on, with
   * its errors.
   * @param revision its hash
   */
  startRevision(plugin: string, revision: string): void {
    const row = this.#rows.get(plugin);
    if (row === undefined) return;
    // What the sandbox still has against it, it will say again.
    delete row.quarantinedUntil;
    if (row.revision === revision) return;
    row.revision = revision;
    row.errors = 0;
    row.lastErrors = [];
  }

  /** One call of a plugin about one Pod. */
  called(plugin: string, answer: Answer, seconds: number, pod: string): void {
    const row = this.#rows.get(plugin);
    if (row === undefined) return;
    const { metrics } = this.#options;
    metrics.executions.inc({ plugin, result: answer.result });
    metrics.executionDuration.observe({ plugin }, seconds);
    if (answer.result !== 'error') return;
    metrics.errors.inc({ plugin, reason: answer.failure.reason });
    row.errors += 1;
    this.#remember(plugin, row, answer.failure, pod);
    this.#listeners.emit('change', plugin);
  }

  /** The sandbox does not ask a plugin for a while. @param until milliseconds since the epoch; undefined ends it */
  quarantine(plugin: string, until: number | undefined): void {
    const row = this.#rows.get(plugin);
    if (row === undefined) return;
    row.quarantinedUntil = until;
    this.#listeners.emit('change', plugin);
  }

  /** How many Pods a plugin resolves now. */
  resolves(plugin: string, pods: number): void {
    const row = this.#rows.get(plugin);
    if (row === undefined || row.pods === pods) return;
    row.pods = pods;
    this.#options.metrics.pods.set({ plugin }, pods);
    this.#listeners.emit('change', plugin);
  }

  /** What a plugin would change; undefined when its mode is not DryRun. */
  reportDryRun(plugin: string, dryRun: DryRunReport | undefined): void {
    const row = this.#rows.get(plugin);
    if (row === undefined) return;
    row.dryRun = dryRun;
    this.#options.metrics.dryRunPods.set({ plugin }, dryRun?.podsChanging ?? 0);
    this.#listeners.emit('change', plugin);
  }

  /** Conflicts were looked for: plugins that have none by now have none. */
  comparePlugins(): void {
    this.#isCompared = true;
    for (const plugin of this.#rows.keys()) this.#listeners.emit('change', plugin);
  }

  /** The plugins of its priority that a plugin disagrees with. */
  disagrees(plugin: string, conflicts: readonly Conflict[]): void {
    const row = this.#rows.get(plugin);
    if (row === undefined) return;
    row.conflicts = conflicts;
    this.#options.metrics.conflicts.set({ plugin }, conflicts.length);
    this.#listeners.emit('change', plugin);
  }

  #remember(plugin: string, row: Row, failure: Failure, pod: string): void {
    const { clock } = this.#options;
    const time = clock.wallTime();
    const earlier = row.lastErrors.find((error) => sameFailure(error.failure, failure));
    const error = { failure, pod, time, count: (earlier?.count ?? 0) + 1 };
    row.lastErrors = [error, ...row.lastErrors.filter((other) => other !== earlier)].slice(0, keptErrors);
    if (earlier === undefined && this.#mayTell(plugin, clock.now())) this.#options.onNewError(plugin, error);
  }

  #mayTell(plugin: string, now: number): boolean {
    const told = this.#told.get(plugin);
    const isOver = told === undefined || now - told.since >= toldErrors.withinMs;
    const { since, count } = isOver ? { since: now, count: 0 } : told;
    if (count >= toldErrors.most) return false;
    this.#told.set(plugin, { since, count: count + 1 });
    return true;
  }
}

function sameFailure(a: Failure, b: Failure): boolean {
  return a.reason === b.reason && a.message === b.message && a.line === b.line;
}
