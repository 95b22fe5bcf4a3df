import type { Answer } from '../contract.ts';
import { failure } from '../failure.ts';
import { type Barred, encodeStep, type KnownFailure, type WireStep } from '../wire/batch.ts';
import type { WorkerInput } from '../wire/input.ts';
import type { Answers } from '../wire/output.ts';
import { type Progress, sharedNow } from '../wire/progress.ts';
import type { LoadedProgram } from './loaded-program.ts';

type Task = Extract<WorkerInput, { kind: 'evaluate' }>;

/** Answers go out at least this often, so that little is asked twice when a later call has to be stopped. */
const flushMs = 5;

/**
 * Asks a batch's calls, from one on, in order; each call's programs in order until one resolves it.
 * @param programs all defined programs by id.
 * @param send takes the answers: of several calls at a time, and of every call once.
 */
export function runBatch(
  { batch, from, to, barred }: Task,
  programs: ReadonlyMap<string, LoadedProgram>,
  progress: Progress,
  send: (answers: Answers) => void,
): void {
  let done: WireStep[][] = [];
  let sent = from;
  let now = sharedNow();
  let lastFlush = now;
  progress.noteCpu();
  for (let call = from; call < to; call++) {
    const steps: WireStep[] = [];
    const start = call === 0 ? 0 : (batch.ends[call - 1] ?? 0);
    const end = batch.ends[call] ?? start;
    const list = batch.lists[batch.listOf[call] ?? 0] ?? [];
    for (let step = 0; step < list.length; step++) {
      const id = list[step] ?? '';
      const known = knownFailure(batch.known, call, id) ?? barredFailure(barred, id);
      const program = programs.get(id);
      const begun = now;
      let answer: Answer;
      let output: string | undefined;
      let seconds = 0;
      if (known) {
        answer = { result: 'error', failure: known.failure };
        seconds = known.seconds;
      } else if (!program) {
        answer = { result: 'error', failure: failure('load', `the program ${id} is not loaded`) };
      } else {
        let since = begun;
        if (!program.isLoaded) {
          progress.begin('load', call, step, since);
          program.load();
          progress.noteCpu(); // What the load took is not the call's.
          since = sharedNow();
        }
        progress.begin('call', call, step, since);
        answer = program.ask(batch.texts, start, end, batch.output);
        progress.end();
        if (batch.output) output = program.takeOutput();
        now = sharedNow();
        seconds = (now - begun) / 1000;
      }
      steps.push(encodeStep(answer, seconds, output));
      if (answer.result === 'resolved') break;
    }
    done.push(steps);
    if (now - lastFlush >= flushMs || call === to - 1) {
      send({ kind: 'answers', batch: batch.id, from: sent, calls: done.length, steps: JSON.stringify(done) });
      sent = call + 1;
      done = [];
      lastFlush = now;
      progress.noteCpu();
    }
  }
}

function knownFailure(
  known: readonly KnownFailure[],
  call: number,
  program: string,
): Pick<KnownFailure, 'failure' | 'seconds'> | undefined {
  return known.length === 0
    ? undefined
    : known.find((entry) => entry.call === call && entry.program === program);
}

function barredFailure(
  barred: readonly Barred[],
  program: string,
): Pick<KnownFailure, 'failure' | 'seconds'> | undefined {
  const failure =
    barred.length === 0 ? undefined : barred.find((entry) => entry.program === program)?.failure;
  return failure && { failure, seconds: 0 };
}
