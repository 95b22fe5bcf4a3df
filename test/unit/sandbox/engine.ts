import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BudgetShare, MemoryBudget, StateMemory } from '../../../operator/sandbox/engine/memory-budget.ts';
import { compileLua } from '../../../operator/sandbox/engine/module.ts';
import { precompile } from '../../../operator/sandbox/engine/precompile.ts';
import { readPrelude } from '../../../operator/sandbox/engine/prelude.ts';
import { type LuaParts, LuaState } from '../../../operator/sandbox/engine/state.ts';

const wasm = fileURLToPath(new URL('glue.wasm', import.meta.resolve('wasmoon')));

/** What Lua states are made of, read once for all tests. */
const module = compileLua(readFileSync(wasm));
export const parts: LuaParts = { module, prelude: precompile(module, readPrelude()) };

export const mebibyte = 1024 * 1024;

/** The share of a thread that has the whole budget for itself. */
export function shareOf(budgetBytes: number): BudgetShare {
  const budget = new MemoryBudget(budgetBytes);
  return new BudgetShare(budget.shared, budget.enter());
}

/** Memory of a state that has only its own limit. */
export function memoryOf(limitBytes: number): StateMemory {
  return new StateMemory(limitBytes, shareOf(2 ** 32));
}

/** A state that has run a script; throws where the script fails. */
export function stateOf(script: string, parameters?: string, memoryBytes = 32 * mebibyte): LuaState {
  const state = new LuaState(parts, memoryOf(memoryBytes), parameters);
  const error = state.run(Buffer.from(script), 'test');
  if (error) throw new Error(error.message);
  return state;
}

/** What a script prints at its top level, without the last line break; throws where the script fails. */
export function printed(script: string, parameters?: string): string {
  const state = new LuaState(parts, memoryOf(32 * mebibyte), parameters);
  state.keepOutput();
  const error = state.run(Buffer.from(script), 'test');
  if (error) throw new Error(error.message);
  return Buffer.from(state.takeOutput(), 'latin1').toString().replace(/\n$/, '');
}

/** The message with which a script fails at its top level. */
export function failureOf(script: string, parameters?: string): string {
  const state = new LuaState(parts, memoryOf(32 * mebibyte), parameters);
  const error = state.run(Buffer.from(script), 'test');
  if (!error) throw new Error('the script did not fail');
  return error.message;
}
