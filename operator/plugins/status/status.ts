import { removeCondition, setCondition, type WantedCondition } from '../../api/conditions.ts';
import type { Condition, ErrorSummary, LuaPluginStatus } from '../../api/generated.ts';
import { type Active, isStalled, type PluginState } from '../state/plugin-state.ts';
import { describeConflicts } from './conflict.ts';
import type { PluginStatistics } from './statistics.ts';

/** A plugin is Degraded until it has had no error for this long, in milliseconds. */
export const degradedMs = 5 * 60_000;

/** What the status is made of. */
export interface StatusInput {
  readonly state: PluginState;
  /** Undefined: not known yet, those of the status now still hold. */
  readonly statistics: PluginStatistics | undefined;
  /** The status now: transition times are kept where nothing changed, and numbers that are not known yet. */
  readonly current: LuaPluginStatus | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The status of a plugin. Absent parts are null, so that a merge patch removes what an earlier status had. */
export type StatusPatch = { [K in keyof LuaPluginStatus]-?: LuaPluginStatus[K] | null };

export function buildStatus({ state, statistics, current, now }: StatusInput): StatusPatch {
  const { outcome, active, generation } = state;
  const tests = outcome.state === 'failed' ? outcome.tests : active?.tests;
  return {
    observedGeneration: generation,
    conditions: buildConditions({ state, statistics, current, now }),
    activeRevision:
      active === undefined
        ? null
        : { number: active.number, hash: active.hash, generation: active.generation },
    podsResolved: statistics?.pods ?? current?.podsResolved ?? 0,
    dryRun: dryRunOf(statistics, current) ?? null,
    errors: statistics?.errors ?? current?.errors ?? 0,
    lastErrors: statistics?.lastErrors.map(summary) ?? current?.lastErrors ?? [],
    tests: tests === undefined || tests.passed + tests.failed === 0 ? null : tests,
  };
}

/** As long as not all Pods have been looked at, what an earlier run found holds. */
function dryRunOf(statistics: PluginStatistics | undefined, current: LuaPluginStatus | undefined) {
  if (statistics === undefined) return current?.dryRun;
  const { pods, dryRun } = statistics;
  return pods === undefined && dryRun !== undefined ? (current?.dryRun ?? dryRun) : dryRun;
}

function summary({ failure, pod, time, count }: PluginStatistics['lastErrors'][number]): ErrorSummary {
  const { reason, message, line } = failure;
  return {
    reason,
    message,
    ...(line === undefined ? {} : { line }),
    ...(pod === undefined ? {} : { pod }),
    time: new Date(time).toISOString(),
    count,
  };
}

function buildConditions({ state, statistics, current, now }: StatusInput): Condition[] {
  const conditions = current?.conditions ?? [];
  const time = new Date(now).toISOString();
  const wanted = [ready(state), serving(state)];
  if (statistics !== undefined) wanted.push(degraded(statistics, now));
  const { outcome } = state;
  if (outcome.state === 'failed' && isStalled(state))
    wanted.push({ type: 'Stalled', status: 'True', reason: outcome.reason, message: outcome.message });
  const conflicts = statistics?.conflicts;
  if (conflicts !== undefined && conflicts.length > 0) {
    const message = describeConflicts(conflicts);
    wanted.push({ type: 'Conflicted', status: 'True', reason: 'SamePriority', message });
  }
  // As long as nobody has looked, what an earlier run found holds.
  const over = conflicts === undefined ? conditions : removeCondition(conditions, 'Conflicted');
  const kept = removeCondition(over, 'Stalled');
  return wanted.reduce<Condition[]>(
    (list, condition) => setCondition(list, { ...condition, observedGeneration: state.generation }, time),
    kept,
  );
}

type Wanted = Omit<WantedCondition, 'observedGeneration'>;

function ready({ outcome, active }: PluginState): Wanted {
  switch (outcome.state) {
    case 'serving':
      return { type: 'Ready', status: 'True', reason: 'Serving', message: describeActive(active) };
    case 'suspended':
      return { type: 'Ready', status: 'False', reason: 'Suspended' };
    case 'dormant':
      // True, since a tool that waits for it (Helm, Flux, kubectl wait) would wait for ever.
      return { type: 'Ready', status: 'True', reason: 'Dormant', message: outcome.message };
    case 'failed':
      return { type: 'Ready', status: 'False', reason: outcome.reason, message: outcome.message };
  }
}

function serving({ outcome, active }: PluginState): Wanted {
  if (outcome.state === 'dormant') {
    return { type: 'Serving', status: 'False', reason: 'DependencyMissing', message: outcome.message };
  }
  if (active === undefined) {
    const reason = outcome.state === 'suspended' ? 'Suspended' : 'NoRevision';
    return { type: 'Serving', status: 'False', reason };
  }
  return { type: 'Serving', status: 'True', reason: 'Serving', message: describeActive(active) };
}

function describeActive(active: Active | undefined): string {
  return active === undefined ? '' : `revision ${active.number} (generation ${active.generation}) serves`;
}

function degraded({ lastErrors, quarantinedUntil = 0 }: PluginStatistics, now: number): Wanted {
  if (quarantinedUntil > now) {
    const until = new Date(quarantinedUntil).toISOString();
    const message = `its calls had to be stopped repeatedly; it is asked again at ${until}, its Pods keep what they have`;
    return { type: 'Degraded', status: 'True', reason: 'Quarantined', message };
  }
  const [latest] = lastErrors;
  // One of the future is from before the clock was set back, and would last until then.
  if (latest === undefined || Math.abs(now - latest.time) >= degradedMs) {
    return { type: 'Degraded', status: 'False', reason: 'NoErrors' };
  }
  const message = `${latest.failure.reason} on Pod ${latest.pod ?? '(unknown)'}: ${latest.failure.message}`;
  return { type: 'Degraded', status: 'True', reason: 'ErrorsRecur', message };
}
