import type { Program } from '../contract.ts';
import type { SharedBudget } from '../engine/memory-budget.ts';
import type { Barred, Batch } from './batch.ts';

/** From the operator to the sandbox host. */
export type HostInput =
  | Configure
  /** Here is a program; the Workers load it when they first need it. Answered by nothing. */
  | { readonly kind: 'define'; readonly program: Program }
  /** As `define`, and load it now in one Worker. Answered by `loaded`. */
  | { readonly kind: 'load'; readonly request: number; readonly program: Program }
  /** Check parameters against a JSON Schema. Answered by `checked`. */
  | { readonly kind: 'check'; readonly request: number; readonly check: ParameterCheck }
  /** No call will name this program any more. */
  | { readonly kind: 'forget'; readonly program: string }
  /** Answered by one or more `answers`. */
  | { readonly kind: 'evaluate'; readonly batch: Batch };

/** What is checked, as JSON: a schema may hold anything, and JSON has no surprises. */
export interface ParameterCheck {
  readonly parameters: string;
  readonly schema: string;
}

/** Always the first. Answered by `ready`. */
export interface Configure {
  readonly kind: 'configure';
  readonly workers: number;
  /** Path of wasmoon's `glue.wasm`, the one file outside its own code that the host may read. */
  readonly wasm: string;
  /** Kinds that scripts may return; undefined allows any. */
  readonly allowedTypes: readonly string[] | undefined;
  /** Memory that all Lua states together may grow by. */
  readonly memoryBytes: number;
}

/** From the host's main thread to a Worker. */
export type WorkerInput =
  | { readonly kind: 'define'; readonly program: Program }
  | { readonly kind: 'forget'; readonly program: string }
  /** Load a defined program now. Answered by `loaded`. */
  | { readonly kind: 'load'; readonly program: string }
  /** Ask about some of the batch's calls. Answered by `answers` until the last. */
  | {
      readonly kind: 'evaluate';
      readonly batch: Batch;
      readonly from: number;
      /** The first call that is not asked about. */
      readonly to: number;
      readonly barred: readonly Barred[];
    };

/** What a Worker is started with. */
export interface WorkerStart {
  /** wasmoon's Lua, compiled once for all Workers. */
  readonly module: WebAssembly.Module;
  readonly prelude: readonly { readonly name: string; readonly source: Uint8Array }[];
  readonly allowedTypes: readonly string[] | undefined;
  /** Where the Worker writes what it is doing; see progress.ts. */
  readonly progress: SharedArrayBuffer;
  /** Memory for all Lua states together, and the Worker's place in it. */
  readonly budget: SharedBudget;
  readonly place: number;
}
