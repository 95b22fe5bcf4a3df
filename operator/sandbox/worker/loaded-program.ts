import { goJson } from '../../api/go-json.ts';
import { type Answer, type Failure, type Program, sharedMemoryUsedUp } from '../contract.ts';
import { type BudgetShare, StateMemory } from '../engine/memory-budget.ts';
import { RuntimeDead } from '../engine/runtime.ts';
import { type LuaError, type LuaParts, LuaState, MemoryTooSmall, type StateImage } from '../engine/state.ts';
import { failure, luaFailure } from '../failure.ts';
import { answerOf } from '../result.ts';
import { missingFunction } from '../source/author-hints.ts';

/** A load that failed for want of memory is tried again after this long, in milliseconds. */
const reloadAfterMs = 10_000;

/** What every program of a Worker is run with. */
export interface ProgramParts extends LuaParts {
  /** The Worker's share of the memory for all programs together. */
  readonly budget: BudgetShare;
  /** The only kinds that a script may return; undefined allows any. */
  readonly allowedTypes: ReadonlySet<string> | undefined;
  /** Milliseconds of any clock that never goes back. */
  readonly now: () => number;
}

/**
 * One program in one Worker. Its Lua state is made when it is first needed, and is what it was after loading whenever
 * it is called: nothing of one Pod reaches the next. It lives as long as the program, and is thrown away as soon as
 * there is any doubt about it; the next one is made from the image of the first. Each state that is thrown away gives
 * its memory back at once.
 */
export class LoadedProgram {
  readonly definition: Program;
  readonly #parts: ProgramParts;
  #state: LuaState | undefined;
  /** Of #state, or of the one that is being made. */
  #memory: StateMemory | undefined;
  /** What the script's top level came to. */
  #image: StateImage | undefined;
  /** Whether the image is so large that it counts as memory of the state, and goes with it. */
  #isImageLarge = false;
  /** Why the script did not load, and until when that holds: only for want of memory it is tried again. */
  #broken: { readonly failure: Failure; readonly until: number } | undefined;
  /** Whether the last call failed because the memory for all programs was used up. */
  #wasCrowdedOut = false;

  constructor(definition: Program, parts: ProgramParts) {
    this.definition = definition;
    this.#parts = parts;
  }

  /** Whether a call runs the script's function at once, without running its top level first. */
  get isLoaded(): boolean {
    return this.#state !== undefined;
  }

  /** Compiles the script and runs its top level, unless that is done. @returns why it cannot be called. */
  load(): Failure | undefined {
    if (this.#state) return undefined;
    const now = this.#parts.now();
    if (this.#broken && now < this.#broken.until) return this.#broken.failure;
    const problem = this.#guard('load', () => this.#loadState());
    this.#broken = undefined;
    if (!problem) return undefined;
    this.drop();
    const until = problem.reason === 'memory' ? this.#parts.now() + reloadAfterMs : Number.POSITIVE_INFINITY;
    this.#broken = { failure: problem, until };
    return problem;
  }

  /** Gives up the Lua state and its memory, if there is one; the next call makes another. */
  drop(): void {
    this.#state = undefined;
    this.#memory?.release();
    this.#memory = undefined;
    if (this.#isImageLarge) this.#image = undefined;
  }

  /**
   * Asks the program about the Pod whose metadata lies between two offsets.
   * @param keepOutput whether to keep what it prints, for takeOutput.
   */
  ask(texts: Uint8Array, start: number, end: number, keepOutput: boolean): Answer {
    const problem = this.load();
    if (problem) return { result: 'error', failure: problem };
    const answer = this.#guard('runtime', () => this.#call(texts, start, end, keepOutput));
    return 'result' in answer ? answer : { result: 'error', failure: answer };
  }

  /** What the last call printed, without the last character if there was no room for all of it. */
  takeOutput(): string {
    return new TextDecoder().decode(Buffer.from(this.#state?.takeOutput() ?? '', 'latin1'), { stream: true });
  }

  #loadState(): Failure | undefined {
    const { script, plugin, parameters, limits } = this.definition;
    this.#memory = new StateMemory(limits.memoryBytes, this.#parts.budget);
    if (this.#image) {
      this.#state = new LuaState(this.#parts, this.#memory, this.#image);
      return undefined;
    }
    const json = parameters === undefined ? undefined : goJson(parameters);
    const state = new LuaState(this.#parts, this.#memory, json);
    const error = state.run(Buffer.from(script), plugin);
    if (error) return this.#failureOf(error, 'load');
    const found = state.findFunction();
    if (found !== undefined) {
      return failure('load', missingFunction(script, found));
    }
    this.#image = state.keep();
    this.#isImageLarge = this.#memory.hasGrown;
    if (!this.#memory.countImage()) return this.#failureOf(outOfMemory(plugin), 'load');
    this.#state = state;
    return undefined;
  }

  #call(texts: Uint8Array, start: number, end: number, keepOutput: boolean): Answer | Failure {
    const state = this.#state;
    if (!state) return failure('load', 'not loaded');
    this.#memory?.forgive();
    if (keepOutput) state.keepOutput();
    const results = state.call(texts, start, end);
    if (!('kind' in results)) {
      this.#wasCrowdedOut = false;
      return answerOf(results[0], results[1], this.#parts.allowedTypes);
    }
    const problem = this.#failureOf(results, 'runtime');
    const isCrowdedOut = problem.reason === 'memory' && this.#memory?.refusal === 'budget';
    // After running out of memory a state may be too full for the next call, too. But one that others left no room
    // keeps what it has, unless that keeps being too little.
    if (problem.reason === 'memory' && (!isCrowdedOut || this.#wasCrowdedOut)) this.drop();
    this.#wasCrowdedOut = isCrowdedOut && !this.#wasCrowdedOut;
    return problem;
  }

  /** Runs Lua; what escapes it leaves a state that nobody may use again. */
  #guard<T>(otherwise: 'load' | 'runtime', run: () => T): T | Failure {
    try {
      return run();
    } catch (error) {
      const problem = this.#escaped(error, otherwise);
      this.drop();
      return problem;
    }
  }

  #escaped(error: unknown, otherwise: 'load' | 'runtime'): Failure {
    const { plugin, limits } = this.definition;
    // Outside a protected call only the lack of memory makes Lua abort.
    if (error instanceof RuntimeDead) {
      return this.#failureOf(outOfMemory(plugin), otherwise);
    }
    if (error instanceof MemoryTooSmall) {
      const message = `limits.memory of ${limits.memoryBytes} bytes is too small for a Lua state`;
      return this.#failureOf({ kind: 'memory', message }, otherwise);
    }
    const reason = error instanceof Error ? error.message : 'error';
    return failure(otherwise, `${plugin}: the Lua state failed: ${reason}`);
  }

  #failureOf(error: LuaError, otherwise: 'load' | 'runtime'): Failure {
    const { plugin, script } = this.definition;
    if (error.kind !== 'memory' || this.#memory?.refusal !== 'budget') {
      return luaFailure(plugin, script, error, otherwise);
    }
    return failure('memory', `${plugin}: ${sharedMemoryUsedUp}`);
  }
}

function outOfMemory(plugin: string): LuaError {
  return { kind: 'memory', message: `${plugin}: not enough memory` };
}
