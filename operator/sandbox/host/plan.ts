import { failure } from '../failure.ts';
import type { Barred } from '../wire/batch.ts';
import { type BatchJob, programsOf } from './job.ts';
import type { Quarantine } from './quarantine.ts';

/** A job divided by what its programs may do. */
export interface Plan {
  /** To be run now, without the programs in quarantine. */
  readonly run: BatchJob | undefined;
  /** One call, to be run alone: a program in it is due for a trial. */
  readonly trial: BatchJob | undefined;
  /** To be planned again: the calls after the one on trial. */
  readonly later: BatchJob | undefined;
}

/**
 * Divides a job.
 * @param sinceEpoch what to add to `now` for a date.
 */
export function planJob(job: BatchJob, quarantine: Quarantine, now: number, sinceEpoch: number): Plan {
  const programs = new Set(job.batch.lists.flat());
  const standings = new Map([...programs].map((program) => [program, quarantine.standing(program, now)]));
  const barred: Barred[] = [...programs]
    .filter((program) => standings.get(program) !== 'free')
    .map((program) => {
      const until = new Date((quarantine.until(program) ?? now) + sinceEpoch).toISOString();
      const message = `${program}: in quarantine until ${until}, because it kept passing its time limit`;
      return { program, failure: failure('timeout', message) };
    });
  const due = [...programs].find((program) => standings.get(program) === 'due');
  const call = due === undefined ? -1 : callOf(job, due);
  if (due === undefined || call < 0) return { run: { ...job, barred }, trial: undefined, later: undefined };
  return {
    run: part({ ...job, barred }, job.from, call),
    trial: {
      ...job,
      from: call,
      to: call + 1,
      trial: due,
      barred: barred.filter(({ program }) => program !== due),
    },
    later: part(job, call + 1, job.to),
  };
}

/** The first call that asks the program and has no verdict on it. */
function callOf(job: BatchJob, program: string): number {
  for (let call = job.from; call < job.to; call++) {
    const isKnown = job.batch.known.some((known) => known.call === call && known.program === program);
    if (!isKnown && programsOf(job.batch, call).includes(program)) return call;
  }
  return -1;
}

function part(job: BatchJob, from: number, to: number): BatchJob | undefined {
  return from < to ? { ...job, from, to } : undefined;
}
