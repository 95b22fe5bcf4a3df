import type { DryRunReport } from '../../api/generated.ts';
import type { Conflict } from '../status/conflict.ts';
import { keptErrors, type PluginStatistics, type RecordedError } from '../status/statistics.ts';
import { maxExamples } from './decode.ts';
import type { PluginReport } from './report.ts';

/**
 * What a plugin comes to on all nodes. Errors and what it would change count where they are about the revision that
 * this instance serves: the others have loaded it a moment ago, or will in a moment.
 * @param own this instance's numbers, complete
 * @param others the rows of the other instances
 */
export function sumStatistics(own: PluginReport, others: readonly PluginReport[]): PluginStatistics {
  const comparable = others.filter(({ revision }) => own.revision === undefined || revision === own.revision);
  const quarantines = [own, ...others].flatMap(({ quarantinedUntil }) => quarantinedUntil ?? []);
  return {
    pods: others.reduce((sum, { pods }) => sum + pods, own.pods),
    ...(own.conflicts === undefined ? {} : { conflicts: mergeConflicts(own, comparable) }),
    dryRun: own.dryRun && sumDryRuns([own, ...comparable].flatMap(({ dryRun }) => dryRun ?? [])),
    revision: own.revision,
    errors: comparable.reduce((sum, { errors }) => sum + errors, own.errors),
    lastErrors: mergeErrors([own, ...comparable].flatMap(({ lastErrors }) => lastErrors)),
    quarantinedUntil: quarantines.length === 0 ? undefined : Math.max(...quarantines),
  };
}

/** Equal failures become one entry, with the latest Pod; the latest are kept. */
function mergeErrors(errors: readonly RecordedError[]): RecordedError[] {
  const merged = new Map<string, RecordedError>();
  for (const error of errors) {
    const { reason, message, line } = error.failure;
    const key = JSON.stringify([reason, message, line]);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, error);
    else {
      const latest = known.time >= error.time ? known : error;
      merged.set(key, { ...latest, count: known.count + error.count });
    }
  }
  return [...merged.values()].toSorted((a, b) => b.time - a.time).slice(0, keptErrors);
}

/** Each other plugin once, with the Pod that the first node names. */
function mergeConflicts(own: PluginReport, others: readonly PluginReport[]): Conflict[] {
  const all = [...others.toReversed(), own].flatMap(({ conflicts }) => conflicts ?? []);
  return [...new Map(all.map((conflict) => [conflict.with, conflict])).values()].toSorted((a, b) =>
    a.with < b.with ? -1 : 1,
  );
}

/** A Pod is shown once, also when it was made anew on another node a moment ago. */
function sumDryRuns(dryRuns: readonly DryRunReport[]): DryRunReport {
  const examples = new Map(dryRuns.flatMap((dryRun) => dryRun.examples).map((one) => [one.pod, one]));
  return {
    podsChanging: dryRuns.reduce((sum, { podsChanging }) => sum + podsChanging, 0),
    examples: [...examples.values()].slice(0, maxExamples),
  };
}
