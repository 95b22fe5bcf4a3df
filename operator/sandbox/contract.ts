/**
 * What the rest of the operator knows of the sandbox: programs go in, answers come out. Lua, Workers and
 * processes stay behind it.
 */

/** A JSON value, as `spec.parameters` holds it. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** What one call, and one Lua state, may use. */
export interface ProgramLimits {
  /** Wall-clock milliseconds for one call; loading the script may take as long, and a second at the least. */
  readonly timeoutMs: number;
  /** Bytes of WebAssembly memory of the program's own Lua state. */
  readonly memoryBytes: number;
}

/** One immutable revision of a plugin, as the sandbox runs it. */
export interface Program {
  /** Names this revision among all loaded ones, for instance `opengauss@3`. */
  readonly id: string;
  /** The plugin's name; error messages name the script by it, as in `opengauss:12:`. */
  readonly plugin: string;
  /** The Lua source. */
  readonly script: string;
  /** The script's read-only global `parameters`; absent means the global is nil. */
  readonly parameters?: JsonValue;
  readonly limits: ProgramLimits;
}

/**
 * Why a program failed; the same constants are the `reason` of luaplugin_errors_total.
 * `compile`: no valid Lua. `load`: the top level failed or the function is missing. `runtime`: the call raised
 * an error. `timeout`, `memory`: a limit was passed. `invalid_result`: no strings, or not a kind and a name.
 * `crash`: the sandbox itself died on it.
 */
export const failureReasons = [
  'compile',
  'load',
  'runtime',
  'timeout',
  'memory',
  'invalid_result',
  'crash',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** A failure for want of memory that is no fault of the script says so in these words. */
export const sharedMemoryUsedUp = "the sandbox's memory for all plugins together is used up";

/** One failure, fit to be shown to the plugin's author. */
export interface Failure {
  readonly reason: FailureReason;
  /** At most 256 bytes of printable UTF-8. */
  readonly message: string;
  /** The script's line, where Lua named one. */
  readonly line?: number;
}

/** A workload as Pods carry it: a Kubernetes kind and a name. */
export interface Workload {
  readonly type: string;
  readonly name: string;
}

/** What one program said of one Pod. `skipped`: not its Pod. */
export type Answer =
  | ({ readonly result: 'resolved' } & Workload)
  | { readonly result: 'skipped' }
  | { readonly result: 'error'; readonly failure: Failure };

/** One Pod's question: its metadata, and the programs to ask, in order, until one resolves it. */
export interface Call {
  /** The Pod's metadata as JSON, the argument of GetWorkloadTypeAndName. */
  readonly metadata: string;
  /** Ids of loaded programs. One that is not loaded (any more) is answered with reason `load`. */
  readonly programs: readonly string[];
  /** Whether the steps bring back what the programs print; absent means no. */
  readonly output?: boolean;
}

/** One program asked; the steps of a call end with the first that resolved, if any did. */
export interface Step {
  readonly program: string;
  readonly answer: Answer;
  readonly seconds: number;
  /** What it printed, at most 4096 bytes; only where the call asked for it. */
  readonly output?: string;
}

/** Checked parameters with the schema's defaults filled in, or why they can't be used, in one line. */
export type CheckedParameters =
  | { readonly ok: true; readonly parameters: JsonValue | undefined }
  | { readonly ok: false; readonly message: string };

/** The sandbox as plugins and Pods use it. */
export interface Sandbox {
  /**
   * Checks `spec.parameters` against `spec.parametersSchema` (JSON Schema draft-07, ajv); a remote $ref is an error,
   * nothing is ever fetched. A schema is a program too (a pattern can backtrack for ever), so it runs in the host,
   * in a Worker of its own that is ended after half a second; a
   * schema that was ended is refused at once for the next minute.
   */
  checkParameters(parameters: unknown, schema: unknown): Promise<CheckedParameters>;
  /**
   * Compiles a program, runs its top level and finds its function, beside all that serve.
   * @returns undefined once the program may be called, or why it may not; a failed program is not kept.
   */
  load(program: Program): Promise<Failure | undefined>;
  /** Forgets a program; calls under way still get its answer. Unknown ids are fine. */
  unload(id: string): void;
  /**
   * Asks for many Pods at once; the answer at index i belongs to call i. Never rejects for what a program does:
   * every error is a step. Rejects only after stop().
   */
  evaluate(calls: readonly Call[]): Promise<Step[][]>;
}
