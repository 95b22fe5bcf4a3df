import type { DryRunExample } from '../../api/generated.ts';
import type { Conflict } from '../status/conflict.ts';
import type { PluginStatistics, RecordedError } from '../status/statistics.ts';

/** What plugins came to on the Pods of one instance, by plugin. Plugins without anything to tell are left out. */
export type Report = ReadonlyMap<string, PluginReport>;
/** A row of a report; `pods` is always known. */
export type PluginReport = PluginStatistics & { readonly pods: number };

/**
 * Bytes of a report at the most. The API server takes 256 KiB for all annotations of an object; a thousand reports
 * are held by the instance that adds them up. The rows of 250 plugins with the longest names fit, and in practice
 * (90 bytes a row) those of a thousand.
 */
const maxBytes = 96 * 1024;

/** Conflicts that a row has room for: the status describes one, and says how many more there are. */
export const maxConflicts = 5;

/** Around all rows: `{"plugins":{}}`. */
const frameBytes = 14;

/** A report as text, and how many plugins' rows it has no room for. */
export interface EncodedReport {
  readonly text: string;
  readonly dropped: number;
}

/**
 * Writes a report in at most 96 KiB, the same text for the same numbers. Counts go first, those of most Pods before
 * others; the room that they leave is for the latest errors, then for conflicts and a dry run's examples.
 */
export function encodeReport(statistics: ReadonlyMap<string, PluginStatistics>): EncodedReport {
  const entries = [...statistics].flatMap(([plugin, numbers]) => entryOf(plugin, numbers) ?? []);
  entries.sort(
    (a, b) => b.row.pods - a.row.pods || b.row.errors - a.row.errors || (a.plugin < b.plugin ? -1 : 1),
  );
  let room = maxBytes - frameBytes;
  const takes = (bytes: number) => {
    const fits = bytes <= room;
    if (fits) room -= bytes;
    return fits;
  };
  const taken = entries.filter(({ plugin, row }) => takes(bytesOf(plugin) + bytesOf(row) + ':,'.length));
  const errors = taken.flatMap((entry) => entry.errors.map((error) => ({ error, row: entry.row })));
  errors.sort((a, b) => b.error.time - a.error.time);
  for (const { error, row } of errors) {
    if (takes(bytesOf(error) + ','.length)) row.lastErrors.push(error);
  }
  for (const { row, conflicts } of taken) {
    for (const conflict of conflicts) {
      if (takes(bytesOf(conflict) + ','.length)) row.conflicts?.push(conflict);
    }
  }
  for (const { row, examples } of taken) {
    for (const example of examples) {
      if (takes(bytesOf(example) + ','.length)) row.dryRun?.examples.push(example);
    }
  }
  taken.sort((a, b) => (a.plugin < b.plugin ? -1 : 1));
  const plugins = Object.fromEntries(taken.map(({ plugin, row }) => [plugin, row]));
  return { text: JSON.stringify({ plugins }), dropped: entries.length - taken.length };
}

/** A plugin's row, still without the details that follow if there is room. */
interface Entry {
  readonly plugin: string;
  readonly row: PluginReport & { readonly lastErrors: RecordedError[]; readonly conflicts?: Conflict[] };
  readonly errors: readonly RecordedError[];
  readonly conflicts: readonly Conflict[];
  readonly examples: readonly DryRunExample[];
}

/** @returns undefined when the plugin has nothing to tell */
function entryOf(plugin: string, numbers: PluginStatistics): Entry | undefined {
  const { pods = 0, revision, errors, lastErrors, quarantinedUntil, dryRun } = numbers;
  const conflicts = (numbers.conflicts ?? []).slice(0, maxConflicts);
  const podsChanging = dryRun?.podsChanging ?? 0;
  const isQuiet = pods === 0 && errors === 0 && podsChanging === 0 && conflicts.length === 0;
  if (isQuiet && quarantinedUntil === undefined) return undefined;
  return {
    plugin,
    row: {
      ...{ pods, revision, errors, quarantinedUntil, lastErrors: [] },
      ...(conflicts.length === 0 ? {} : { conflicts: [] }),
      dryRun: dryRun && { podsChanging, examples: [] },
    },
    errors: lastErrors,
    conflicts,
    examples: dryRun?.examples ?? [],
  };
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
