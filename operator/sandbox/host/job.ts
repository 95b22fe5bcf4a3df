import type { Failure, ProgramLimits } from '../contract.ts';
import type { Barred, Batch, KnownFailure } from '../wire/batch.ts';
import type { Activity } from '../wire/progress.ts';

/** What a Worker is given to do: load one program, or ask some of a batch. */
export type Job = LoadJob | BatchJob;

export interface LoadJob {
  readonly kind: 'load';
  readonly request: number;
  readonly program: string;
}

export interface BatchJob {
  readonly kind: 'batch';
  readonly batch: Batch;
  /** The calls to ask: from this one on, */
  readonly from: number;
  /** up to and without this one. */
  readonly to: number;
  /** Programs that are left out, and what is said for them. */
  readonly barred: readonly Barred[];
  /** The program on trial; such a job has one call. */
  readonly trial?: string;
}

/** A batch as a job: all of it. */
export function batchJob(batch: Batch): BatchJob {
  return { kind: 'batch', batch, from: 0, to: batch.ends.length, barred: [] };
}

/** The programs that a call asks. */
export function programsOf(batch: Batch, call: number): readonly string[] {
  return batch.lists[batch.listOf[call] ?? 0] ?? [];
}

/** The program that a job was running. */
export function programAt(job: Job, activity: Activity): string {
  return job.kind === 'load' ? job.program : (programsOf(job.batch, activity.call)[activity.step] ?? '');
}

/** A load may take this long at the least, in milliseconds: it happens once, and the first run of code is slow. */
const leastLoadMs = 1000;

/** How long what a Worker does may take, in milliseconds. */
export function limitMs({ timeoutMs }: ProgramLimits, { isLoading }: Pick<Activity, 'isLoading'>): number {
  return isLoading ? Math.max(leastLoadMs, timeoutMs) : timeoutMs;
}

/** The same job once a call's program has its verdict, and must not be asked again. */
export function withVerdict(job: BatchJob, activity: Activity, failure: Failure, seconds: number): BatchJob {
  const known: KnownFailure = { call: activity.call, program: programAt(job, activity), failure, seconds };
  return { ...job, batch: { ...job.batch, known: [...job.batch.known, known] } };
}

/** The same job when its calls before that one are answered; undefined when none is left. */
export function remaining(job: BatchJob, from: number): BatchJob | undefined {
  return from < job.to ? { ...job, from } : undefined;
}
