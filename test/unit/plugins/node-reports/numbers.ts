import type { PluginReport } from '../../../../operator/plugins/node-reports/report.ts';
import type { RecordedError } from '../../../../operator/plugins/status/statistics.ts';

/** A plugin's numbers on one node. */
export function makeNumbers(numbers: Partial<PluginReport> = {}): PluginReport {
  return { pods: 0, revision: 'one', errors: 0, lastErrors: [], ...numbers };
}

/** An error at a line of the script, at a time in milliseconds since the epoch. */
export function makeError(line: number, time: number, error: Partial<RecordedError> = {}): RecordedError {
  const failure = { reason: 'runtime', message: `p:${line}: oops`, line } as const;
  return { failure, pod: 'a/web-0', time, count: 1, ...error };
}
