import { readFileSync } from 'node:fs';
import { systemClock } from '../../time/clock.ts';
import { MemoryBudget } from '../engine/memory-budget.ts';
import { compileLua } from '../engine/module.ts';
import { readPrelude } from '../engine/prelude.ts';
import type { Configure, HostInput } from '../wire/input.ts';
import type { HostOutput } from '../wire/output.ts';
import { startCheckThread } from './check-thread.ts';
import { batchJob } from './job.ts';
import { ParameterChecker } from './parameter-checker.ts';
import { Pool } from './pool.ts';

/**
 * The sandbox host's entry: a child process without environment, token, files or children. Its main thread never runs
 * Lua; it hands work to Workers and stops those that overrun.
 */

let pool: Pool | undefined;
const checker = new ParameterChecker(startCheckThread, systemClock);

function send(output: HostOutput): void {
  process.send?.(output, undefined, undefined, (error) => {
    if (error) process.exit(1); // The operator is gone.
  });
}

function open(input: Configure): Pool {
  const module = compileLua(readFileSync(input.wasm));
  const { allowedTypes } = input;
  const budget = new MemoryBudget(input.memoryBytes);
  return new Pool(input.workers, { module, prelude: readPrelude(), allowedTypes, budget }, send);
}

process.on('message', (input: HostInput) => {
  switch (input.kind) {
    case 'configure':
      pool = open(input);
      break;
    case 'define':
      pool?.define(input.program);
      break;
    case 'load':
      pool?.define(input.program);
      pool?.add({ kind: 'load', request: input.request, program: input.program.id });
      break;
    case 'check':
      void checker
        .check(input.check)
        .then((result) => send({ kind: 'checked', request: input.request, result }));
      break;
    case 'forget':
      pool?.forget(input.program);
      break;
    case 'evaluate':
      pool?.add(batchJob(input.batch));
      break;
    default:
      input satisfies never;
  }
});
process.on('disconnect', () => process.exit(0));
