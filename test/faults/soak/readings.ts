import { type Bucket, bucketsSince, histogramQuantile, median } from '../../bench/operator/statistics.ts';
import { figure, table } from '../../bench/operator/table.ts';

/** What an operator was like at a moment. Counts are since its start. */
export interface Reading {
  /** Seconds since the first reading. */
  readonly second: number;
  /** MiB of its own: what it shares, the code of Node, would depend on who else runs. */
  readonly operatorMiB: number;
  readonly hostMiB: number;
  /** Of Pods, that the API server accepted. */
  readonly changes: number;
  readonly writes: number;
  readonly failedWrites: number;
  readonly pluginErrors: number;
  /** Pods that wait. */
  readonly depth: number;
  /** The event loop's, since the reading before: 99 of 100 turns came no later than that. */
  readonly lagMs: number;
  /** Seconds from a Pod's event to its annotation. */
  readonly resolutions: readonly Bucket[];
}

/** A part of the time. */
export interface Row {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly changes: number;
  readonly writes: number;
  readonly failedWrites: number;
  readonly pluginErrors: number;
  /** The most that waited. */
  readonly depth: number;
  readonly lagMs: number;
  readonly resolutionP99Ms: number;
  /** Medians. */
  readonly operatorMiB: number;
  readonly hostMiB: number;
}

const maxRows = 12;

/** At most twelve parts of whole minutes, as long as each other but for the last. */
export function rowsOf(readings: readonly Reading[]): Row[] {
  // The last reading comes a little late, and belongs to the last minute.
  const total = Math.max(1, Math.round((readings.at(-1)?.second ?? 0) / 60));
  const minutes = Math.ceil(total / maxRows);
  const rows: Row[] = [];
  for (let fromMinute = 0; fromMinute < total; fromMinute += minutes) {
    const toMinute = Math.min(fromMinute + minutes, total);
    const until = toMinute === total ? Number.POSITIVE_INFINITY : toMinute * 60;
    const row = rowOf(
      readings.filter(({ second }) => second <= until),
      fromMinute,
      toMinute,
    );
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

function rowOf(readings: readonly Reading[], fromMinute: number, toMinute: number): Row | undefined {
  const within = readings.filter(({ second }) => second > fromMinute * 60);
  // So does the first: reading takes a moment.
  const before = readings.findLast(({ second }) => second <= fromMinute * 60) ?? readings[0];
  const last = within.at(-1);
  if (before === undefined || last === undefined) return undefined;
  const p99 = histogramQuantile(bucketsSince(before.resolutions, last.resolutions), 0.99);
  return {
    fromMinute,
    toMinute,
    changes: last.changes - before.changes,
    writes: last.writes - before.writes,
    failedWrites: last.failedWrites - before.failedWrites,
    pluginErrors: last.pluginErrors - before.pluginErrors,
    depth: Math.max(...within.map(({ depth }) => depth)),
    lagMs: Math.max(...within.map(({ lagMs }) => lagMs)),
    resolutionP99Ms: p99 * 1000,
    operatorMiB: median(within.map(({ operatorMiB }) => operatorMiB)),
    hostMiB: median(within.map(({ hostMiB }) => hostMiB)),
  };
}

/** Memory may be by so much more in the last quarter than in the second: the first warms up. */
const maxGrowth = 0.1;

/** How the memory of one process developed. */
export interface Flatness {
  readonly isFlat: boolean;
  /** Medians of the second and of the last quarter of the time, in MiB. */
  readonly secondMiB: number;
  readonly lastMiB: number;
}

/** @param of which process' memory */
export function flatnessOf(readings: readonly Reading[], of: (reading: Reading) => number): Flatness {
  const end = readings.at(-1)?.second ?? 0;
  const quarter = (index: number) =>
    median(
      readings
        .filter(({ second }) => second >= (end / 4) * index && second <= (end / 4) * (index + 1))
        .map(of),
    );
  const [secondMiB, lastMiB] = [quarter(1), quarter(3)];
  return { isFlat: lastMiB <= secondMiB * (1 + maxGrowth), secondMiB, lastMiB };
}

/** The soak as a person reads it, and whether it passed. */
export function soakReport(readings: readonly Reading[]): { text: string; isFlat: boolean } {
  const head = ['minutes', 'changes', 'writes', 'failed', 'plugin errors', 'waiting', 'lag ms', 'p99 ms'];
  const rows = rowsOf(readings).map((row) => [
    `${row.fromMinute} to ${row.toMinute}`,
    ...[row.changes, row.writes, row.failedWrites, row.pluginErrors, row.depth].map((value) => figure(value)),
    figure(row.lagMs),
    Number.isNaN(row.resolutionP99Ms) ? '' : figure(row.resolutionP99Ms),
    figure(row.operatorMiB, 1),
    figure(row.hostMiB, 1),
  ]);
  const title = [
    "Waiting: the most Pods in the queue. Lag: 99 of 100 turns of the operator's event loop came no later, at its worst.",
    "P99: from a Pod's event to its annotation. Memory: median MiB of its own, without the code of Node.",
  ];
  const verdicts = [
    verdict(
      'operator',
      flatnessOf(readings, ({ operatorMiB }) => operatorMiB),
    ),
    verdict(
      'sandbox host',
      flatnessOf(readings, ({ hostMiB }) => hostMiB),
    ),
  ];
  return {
    text: `${table(title.join('\n'), [...head, 'operator', 'host'], rows)}\n\n${verdicts.map(({ text }) => text).join('\n')}`,
    isFlat: verdicts.every(({ isFlat }) => isFlat),
  };
}

function verdict(name: string, { isFlat, secondMiB, lastMiB }: Flatness): { text: string; isFlat: boolean } {
  const percent = (lastMiB / secondMiB - 1) * 100;
  const text =
    `${name}: memory is ${isFlat ? '' : 'not '}flat: ${figure(secondMiB, 1)} MiB in the second quarter, ` +
    `${figure(lastMiB, 1)} in the last (${percent < 0 ? '' : '+'}${figure(percent, 1)} %, allowed: +${maxGrowth * 100} %)`;
  return { text, isFlat };
}
