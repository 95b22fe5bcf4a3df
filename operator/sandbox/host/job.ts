import type { Failure } from '../contract.ts';
import type { Batch, KnownFailure } from '../wire/batch.ts';
import type { HostOutput } from '../wire/output.ts';
import { type Activity, sharedNow } from '../wire/progress.ts';

/** What a Worker is given to do: load one program, or ask a batch. */
export type Job = LoadJob | BatchJob;

export interface LoadJob {
  readonly kind: 'load';
  readonly request: number;
  readonly program: string;
}

export interface BatchJob {
  readonly kind: 'batch';
  readonly batch: Batch;
  /** Calls answered so far; the next one to ask. */
  readonly from: number;
}

/** The program that a job was running. */
export function programAt(job: Job, activity: Activity): string {
  if (job.kind === 'load') return job.program;
  const { lists, listOf } = job.batch;
  return lists[listOf[activity.call] ?? 0]?.[activity.step] ?? '';
}

/**
 * What is left of a job whose Worker had to be stopped.
 * @param failure what the program that was running gets; undefined when none was.
 * @returns the job to do again, without that program at that call; or the answer, when nothing is left.
 */
export function afterStop(
  job: Job,
  activity: Activity | undefined,
  failure: Failure | undefined,
): Job | HostOutput {
  if (!activity || !failure) return job;
  if (job.kind === 'load') return { kind: 'loaded', request: job.request, failure };
  const known: KnownFailure = {
    call: activity.call,
    program: programAt(job, activity),
    failure,
    seconds: (sharedNow() - activity.since) / 1000,
  };
  return { ...job, batch: { ...job.batch, known: [...job.batch.known, known] } };
}
