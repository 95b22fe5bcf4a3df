import type { Answer, Call, Failure, Step } from '../contract.ts';

/** A failure that is known before anything runs; the program is not asked about that call. */
export interface KnownFailure {
  /** The call's place in its batch. */
  readonly call: number;
  readonly program: string;
  readonly failure: Failure;
  /** How long it had run. */
  readonly seconds: number;
}

/** A program that is left out for now, and what is said for it. */
export interface Barred {
  readonly program: string;
  readonly failure: Failure;
}

/**
 * Many calls in one message. Metadata travels as the bytes that Lua will read: encoded once, copied from then on,
 * never a string again on its way.
 */
export interface Batch {
  readonly id: number;
  /** All metadata, one after the other, in UTF-8. */
  readonly texts: Uint8Array;
  /** Where in `texts` each call's metadata ends. */
  readonly ends: Uint32Array;
  /** The distinct lists of programs to ask. */
  readonly lists: readonly (readonly string[])[];
  /** Which of `lists` each call goes by. */
  readonly listOf: Uint16Array;
  readonly known: readonly KnownFailure[];
  /** Whether what the scripts print comes back with their steps. */
  readonly output: boolean;
}

/** One step, small: nanoseconds, then the answer; the program is the one at the step's place in the call's list. */
export type WireStep =
  | readonly [nanoseconds: number, skipped: 0]
  | readonly [nanoseconds: number, resolved: 1, type: string, name: string, output?: string]
  | readonly [nanoseconds: number, failed: 2, failure: Failure, output?: string]
  | readonly [nanoseconds: number, skipped: 3, output: string];

/** @param known failures for calls of this batch, by their place in it. */
export function encodeBatch(
  id: number,
  calls: readonly Call[],
  known: readonly KnownFailure[],
  output: boolean,
): Batch {
  const ends = new Uint32Array(calls.length);
  const listOf = new Uint16Array(calls.length);
  const lists: (readonly string[])[] = [];
  const listIndex = new Map<string, number>();
  const all = calls.map((call) => call.metadata).join('');
  const texts = Buffer.from(all, 'utf8');
  const isAscii = texts.length === all.length;
  let end = 0;
  calls.forEach((call, index) => {
    end += isAscii ? call.metadata.length : Buffer.byteLength(call.metadata);
    ends[index] = end;
    const key = call.programs.join('\n');
    let list = listIndex.get(key);
    if (list === undefined) {
      list = lists.push(call.programs) - 1;
      listIndex.set(key, list);
    }
    listOf[index] = list;
  });
  return { id, texts, ends, lists, listOf, known, output };
}

/** A step as it travels. */
export function encodeStep(answer: Answer, seconds: number, output: string | undefined): WireStep {
  const nanoseconds = Math.round(seconds * 1e9);
  switch (answer.result) {
    case 'skipped':
      return output === undefined ? [nanoseconds, 0] : [nanoseconds, 3, output];
    case 'resolved':
      return output === undefined
        ? [nanoseconds, 1, answer.type, answer.name]
        : [nanoseconds, 1, answer.type, answer.name, output];
    case 'error':
      return output === undefined
        ? [nanoseconds, 2, answer.failure]
        : [nanoseconds, 2, answer.failure, output];
  }
}

const skipped: Answer = { result: 'skipped' };

/** The steps of one call, from those that travelled. */
export function decodeSteps(programs: readonly string[], steps: readonly WireStep[]): Step[] {
  return steps.map((step, index) => decodeStep(programs[index] ?? '', step));
}

function decodeStep(program: string, step: WireStep): Step {
  const seconds = step[0] / 1e9;
  switch (step[1]) {
    case 0:
      return { program, seconds, answer: skipped };
    case 1:
      return withOutput(
        { program, seconds, answer: { result: 'resolved', type: step[2], name: step[3] } },
        step[4],
      );
    case 2:
      return withOutput({ program, seconds, answer: { result: 'error', failure: step[2] } }, step[3]);
    case 3:
      return withOutput({ program, seconds, answer: skipped }, step[2]);
  }
}

function withOutput(step: Step, output: string | undefined): Step {
  return output === undefined ? step : { ...step, output };
}
