import type { Answer, Failure, Program } from '../contract.ts';
import { RuntimeDead } from '../engine/runtime.ts';
import { type LuaParts, LuaState, MemoryTooSmall } from '../engine/state.ts';
import { failure, luaFailure } from '../failure.ts';
import { answerOf } from '../result.ts';

/**
 * One program in one Worker: its Lua state is made when it is first needed, lives as long as the program, and is
 * thrown away as soon as there is any doubt about it.
 */
export class LoadedProgram {
  readonly definition: Program;
  readonly #parts: LuaParts;
  readonly #allowedTypes: ReadonlySet<string> | undefined;
  #state: LuaState | undefined;
  /** A script that does not load once will not load the next time; only for want of memory is it tried again. */
  #broken: Failure | undefined;

  constructor(definition: Program, parts: LuaParts, allowedTypes: ReadonlySet<string> | undefined) {
    this.definition = definition;
    this.#parts = parts;
    this.#allowedTypes = allowedTypes;
  }

  /** Whether a call runs the script's function at once, without running its top level first. */
  get isLoaded(): boolean {
    return this.#state !== undefined;
  }

  /** Compiles the script and runs its top level, unless that is done. @returns why it cannot be called. */
  load(): Failure | undefined {
    if (this.#state) return undefined;
    if (this.#broken) return this.#broken;
    const problem = this.#guard('load', () => this.#loadState());
    if (problem && problem.reason !== 'memory') this.#broken = problem;
    return problem;
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

  /** What the last call printed. */
  takeOutput(): string {
    return this.#state?.takeOutput() ?? '';
  }

  #loadState(): Failure | undefined {
    const { script, plugin, parameters, limits } = this.definition;
    const json = parameters === undefined ? undefined : JSON.stringify(parameters);
    const state = new LuaState(this.#parts, limits.memoryBytes, json);
    const error = state.run(Buffer.from(script), plugin);
    if (error) return luaFailure(plugin, error, 'load');
    const found = state.findFunction();
    if (found !== undefined) {
      return failure(
        'load',
        `the script must define the global function GetWorkloadTypeAndName, but it is ${found}`,
      );
    }
    this.#state = state;
    return undefined;
  }

  #call(texts: Uint8Array, start: number, end: number, keepOutput: boolean): Answer | Failure {
    const state = this.#state;
    if (!state) return failure('load', 'not loaded');
    if (keepOutput) state.keepOutput();
    const results = state.call(texts, start, end);
    if ('kind' in results) {
      // After running out of memory a state may be too full for the next call, too.
      if (results.kind === 'memory') this.#state = undefined;
      return luaFailure(this.definition.plugin, results, 'runtime');
    }
    return answerOf(results[0], results[1], this.#allowedTypes);
  }

  /** Runs Lua; what escapes it leaves a state that nobody may use again. */
  #guard<T>(otherwise: 'load' | 'runtime', run: () => T): T | Failure {
    try {
      return run();
    } catch (error) {
      this.#state = undefined;
      const { plugin, limits } = this.definition;
      if (error instanceof MemoryTooSmall) {
        return failure('memory', `limits.memory of ${limits.memoryBytes} bytes is too small for a Lua state`);
      }
      // Outside a protected call only the lack of memory makes Lua abort.
      if (error instanceof RuntimeDead) return failure('memory', `${plugin}: not enough memory`);
      return failure(
        otherwise,
        `${plugin}: the Lua state failed: ${error instanceof Error ? error.message : 'error'}`,
      );
    }
  }
}
