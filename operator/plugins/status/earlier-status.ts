import type { ActiveRevision, ErrorSummary, LuaPluginStatus } from '../../api/generated.ts';
import type { FailureReason } from '../../sandbox/contract.ts';
import type { EarlierErrors, RecordedError } from './statistics.ts';

/** A status is anybody's work who may write it: numbers beyond this can't be counted on from, nor be written again. */
const maxCount = 1e12;

/** What the status of an earlier run says about a revision's errors. */
export function earlierErrors(status: LuaPluginStatus | undefined): EarlierErrors {
  const { activeRevision, errors = 0, lastErrors = [] } = status ?? {};
  return {
    revision: activeRevision?.hash,
    errors: Math.min(errors, maxCount),
    lastErrors: lastErrors.map(recorded),
  };
}

/** The revision that served last according to the status; undefined also where it can't be. */
export function earlierRevision(status: LuaPluginStatus | undefined): ActiveRevision | undefined {
  const revision = status?.activeRevision;
  return revision !== undefined && revision.number <= maxCount ? revision : undefined;
}

function recorded({ reason, message, line, pod, time, count }: ErrorSummary): RecordedError {
  const failure = { reason: reason as FailureReason, message, ...(line === undefined ? {} : { line }) };
  return { failure, pod, time: Date.parse(time), count: Math.min(count, maxCount) };
}
