import { Worker } from 'node:worker_threads';
import type { CheckedParameters } from '../contract.ts';
import type { ParameterCheck } from '../wire/input.ts';
import { cpuMsOf } from './cpu-time.ts';

/** A thread that checks parameters, one check at a time. It answers `undefined` when it ends instead. */
export interface CheckThread {
  /** Settles once it takes checks (true), or has ended before that. */
  readonly ready: Promise<boolean>;
  readonly hasEnded: boolean;
  check(check: ParameterCheck): Promise<CheckedParameters | undefined>;
  /** CPU time that it has had so far, in milliseconds; undefined when it does not say. */
  cpuMs(): Promise<number | undefined>;
  /** Ends it, in the middle of a check if need be. */
  stop(): void;
}

// The Worker's file has the same ending as this one: .ts in development, .js once built.
const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const entry = new URL(`../worker/check-parameters${ending}`, import.meta.url);
const heapMiB = 64;

/** Starts a Worker for checks. What it says is heard by this object alone, and by nobody once it has ended. */
export function startCheckThread(): CheckThread {
  const worker = new Worker(entry, { env: {}, resourceLimits: { maxOldGenerationSizeMb: heapMiB } });
  const ready = Promise.withResolvers<boolean>();
  const gone = Promise.withResolvers<undefined>();
  let hasEnded = false;
  let answered: (result: CheckedParameters) => void = () => {};
  worker.on('message', (message: CheckedParameters | 'ready') => {
    if (message === 'ready') ready.resolve(true);
    else answered(message);
  });
  worker.on('error', (error) => process.stderr.write(`checking parameters: ${error.message}\n`));
  worker.on('exit', () => {
    hasEnded = true;
    ready.resolve(false);
    gone.resolve(undefined);
  });
  return {
    ready: ready.promise,
    get hasEnded() {
      return hasEnded;
    },
    check: (check) => {
      const answer = new Promise<CheckedParameters>((resolve) => {
        answered = resolve;
      });
      worker.postMessage(check);
      return Promise.race([answer, gone.promise]);
    },
    cpuMs: () => cpuMsOf(worker),
    stop: () => {
      gone.resolve(undefined);
      worker.terminate().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    },
  };
}
