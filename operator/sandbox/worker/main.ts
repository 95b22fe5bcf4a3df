import { parentPort, workerData } from 'node:worker_threads';
import { BudgetShare } from '../engine/memory-budget.ts';
import { precompile } from '../engine/precompile.ts';
import type { WorkerInput, WorkerStart } from '../wire/input.ts';
import type { WorkerOutput } from '../wire/output.ts';
import { Progress, sharedNow } from '../wire/progress.ts';
import { runBatch } from './batch-run.ts';
import { LoadedProgram, type ProgramParts } from './loaded-program.ts';

/** A Worker's entry: the only thread that runs Lua. It does what the host says, one message at a time. */

const port = parentPort;
if (!port) throw new Error('this is the entry of a Worker');
const start = workerData as WorkerStart;
const parts: ProgramParts = {
  module: start.module,
  prelude: precompile(
    start.module,
    start.prelude.map(({ name, source }) => ({ name, source: Buffer.from(source) })),
  ),
  budget: new BudgetShare(start.budget, start.place),
  allowedTypes: start.allowedTypes ? new Set(start.allowedTypes) : undefined,
  now: sharedNow,
};
const progress = new Progress(start.progress);
const programs = new Map<string, LoadedProgram>();

function send(message: WorkerOutput): void {
  port?.postMessage(message);
}

port.on('message', (message: WorkerInput) => {
  switch (message.kind) {
    case 'define':
      programs.get(message.program.id)?.drop();
      programs.set(message.program.id, new LoadedProgram(message.program, parts));
      break;
    case 'forget':
      programs.get(message.program)?.drop();
      programs.delete(message.program);
      break;
    case 'load': {
      progress.noteCpu();
      progress.begin('load', 0, 0, sharedNow());
      const failure = programs.get(message.program)?.load();
      progress.end();
      send({ kind: 'loaded', failure });
      break;
    }
    case 'evaluate':
      runBatch(message, programs, progress, send);
      break;
    default:
      message satisfies never;
  }
});

send({ kind: 'ready' });
