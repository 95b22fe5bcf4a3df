import type { Logger } from '../observability/logging.ts';
import type { Clock, Random } from '../time/clock.ts';
import { systemClock } from '../time/clock.ts';
import { Crashers } from './client/crashers.ts';
import { Dispatcher } from './client/dispatcher.ts';
import { HostKeeper } from './client/host-keeper.ts';
import type { Call, CheckedParameters, Failure, Program, Sandbox, Step } from './contract.ts';
import { canonicalKind } from './kinds.ts';
import type { HostOutput, WorkerEnd } from './wire/output.ts';

/**
 * What was replaced, the `reason` of luaplugin_sandbox_restarts_total: `host` for the whole process, else a single
 * Worker that passed a deadline (`timeout`), ran out of memory, or crashed.
 */
export type RestartReason = 'host' | WorkerEnd;

export interface SandboxOptions {
  readonly logger: Logger;
  /** The machine's clock unless a test brings its own. Deadlines of scripts do not go by it. */
  readonly clock?: Clock;
  /** Spreads restarts; Math.random unless a test brings its own. */
  readonly random?: Random;
  /** Workers, and so calls that run at a time; default 2, at least 1. More than cores gain nothing. */
  readonly workers?: number;
  /**
   * Bytes that the Lua states of all plugins in all Workers may grow by together, beyond the 1.5 MiB that each one
   * starts with; default 256 MiB, 0 lets none grow. A plugin that finds them used up fails with reason `memory`,
   * whatever its own limit. Rounded down to 64 KiB.
   */
  readonly memoryBytes?: number;
  /** The only kinds that a script may return; default any. */
  readonly allowedTypes?: readonly string[] | undefined;
  /** Called whenever a part of the sandbox was replaced. */
  readonly onRestart?: (reason: RestartReason) => void;
  /**
   * Called when a program was put into quarantine for overrunning repeatedly, again or for the first time, with the
   * time of its next trial; and with undefined when that is over: it kept its limit, was unloaded, or the host died
   * and the next one knows nothing of it.
   */
  readonly onQuarantine?: (program: string, until: Date | undefined) => void;
}

interface Entry {
  readonly program: Program;
  /** Calls under way that name it. */
  uses: number;
  isUnloaded: boolean;
}

/** The sandbox as the operator has it: the programs, the calls under way, and the child process that runs them. */
export class SandboxHost implements Sandbox {
  readonly #programs = new Map<string, Entry>();
  readonly #keeper: HostKeeper;
  readonly #dispatcher: Dispatcher;
  readonly #crashers: Crashers;
  readonly #onRestart: (reason: RestartReason) => void;
  readonly #onQuarantine: (program: string, until: Date | undefined) => void;
  /** Whose end somebody waits for. */
  readonly #awaited = new Set<{ readonly reject: (reason: unknown) => void }>();
  #isStopped = false;
  readonly #started = Promise.withResolvers<void>();
  readonly #quarantined = new Set<string>();
  #isFlushing = false;

  constructor(options: SandboxOptions) {
    const {
      logger,
      clock = systemClock,
      random = Math.random,
      workers = 2,
      memoryBytes = 256 * 2 ** 20,
      allowedTypes,
    } = options;
    this.#onRestart = options.onRestart ?? (() => {});
    this.#onQuarantine = options.onQuarantine ?? (() => {});
    this.#crashers = new Crashers(clock, random);
    this.#dispatcher = new Dispatcher(workers, this.#crashers, (input) => this.#keeper.send(input));
    this.#keeper = new HostKeeper(
      logger,
      clock,
      random,
      { workers, memoryBytes, allowedTypes: allowedTypes?.map(canonicalKind) },
      {
        ready: () => this.#ready(),
        message: (output) => this.#hear(output),
        lost: () => {
          this.#dispatcher.lost();
          for (const program of this.#quarantined) this.#leaveQuarantine(program);
          this.#onRestart('host');
        },
      },
    );
  }

  /** The host's process id while there is one; for tests and logs. */
  get pid(): number | undefined {
    return this.#keeper.pid;
  }

  /** Why the sandbox answers nothing now, in one line fit for /readyz; undefined while its host is in service. */
  get problem(): string | undefined {
    return this.#keeper.problem;
  }

  /** Why only a restart of the operator may help, in one line fit for /healthz; undefined while its own may. */
  get fault(): string | undefined {
    return this.#keeper.fault;
  }

  /** Starts the host. Resolves once it takes calls; a host that dies on the way is started again, with back-off. */
  async start(): Promise<void> {
    this.#keeper.start();
    await this.#endOf(this.#started);
  }

  /** Ends the host and rejects what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const { reject } of this.#awaited) reject(stopped());
    await this.#keeper.stop();
  }

  async checkParameters(parameters: unknown, schema: unknown): Promise<CheckedParameters> {
    const text = JSON.stringify(parameters);
    if (schema === undefined)
      return { ok: true, parameters: text === undefined ? undefined : JSON.parse(text) };
    const check = { parameters: text ?? '{}', schema: JSON.stringify(schema) };
    const outcome = Promise.withResolvers<CheckedParameters>();
    this.#dispatcher.add({
      kind: 'request',
      deaths: 0,
      message: (request) => ({ kind: 'check', request, check }),
      settle: (reply) => {
        if (reply.kind === 'checked') outcome.resolve(reply.result);
      },
      crashed: () =>
        outcome.resolve({ ok: false, message: 'the sandbox died while it checked the parameters' }),
    });
    this.#dispatcher.pump();
    return this.#endOf(outcome);
  }

  async load(program: Program): Promise<Failure | undefined> {
    const outcome = Promise.withResolvers<Failure | undefined>();
    this.#dispatcher.add({
      kind: 'request',
      deaths: 0,
      message: (request) => ({ kind: 'load', request, program }),
      settle: (reply) => outcome.resolve(reply.kind === 'loaded' ? reply.failure : undefined),
      crashed: () => outcome.resolve(this.#crashers.add(program.id)),
    });
    this.#dispatcher.pump();
    const problem = await this.#endOf(outcome);
    if (problem) this.#keeper.send({ kind: 'forget', program: program.id });
    else this.#programs.set(program.id, { program, uses: 0, isUnloaded: false });
    return problem;
  }

  unload(id: string): void {
    const entry = this.#programs.get(id);
    if (!entry) return;
    entry.isUnloaded = true;
    this.#release(entry, 0);
  }

  async evaluate(calls: readonly Call[]): Promise<Step[][]> {
    const answers: Step[][] = new Array(calls.length);
    let left = calls.length;
    if (left === 0) return answers;
    const done = Promise.withResolvers<Step[][]>();
    calls.forEach((call, index) => {
      const entries = call.programs.map((id) => this.#use(id));
      this.#dispatcher.add({
        kind: 'ask',
        call,
        deaths: 0,
        steps: [],
        settle: (steps) => {
          answers[index] = steps;
          for (const entry of entries) this.#release(entry, 1);
          if (--left === 0) done.resolve(answers);
        },
      });
    });
    this.#flushSoon();
    return this.#endOf(done);
  }

  /**
   * What is waited for, or an error when the sandbox stops before. Promise.race with one promise for all would hold
   * every result until then.
   */
  async #endOf<T>(outcome: PromiseWithResolvers<T>): Promise<T> {
    if (this.#isStopped) throw stopped();
    this.#awaited.add(outcome);
    try {
      return await outcome.promise;
    } finally {
      this.#awaited.delete(outcome);
    }
  }

  #use(id: string): Entry | undefined {
    const entry = this.#programs.get(id);
    if (entry) entry.uses++;
    return entry;
  }

  #release(entry: Entry | undefined, uses: number): void {
    if (!entry) return;
    entry.uses -= uses;
    const { id } = entry.program;
    if (!entry.isUnloaded || entry.uses > 0 || this.#programs.get(id) !== entry) return;
    this.#programs.delete(id);
    this.#crashers.forget(id);
    this.#leaveQuarantine(id);
    this.#keeper.send({ kind: 'forget', program: id });
  }

  /** Calls that arrive in the same turn of the event loop travel together. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#dispatcher.pump();
    });
  }

  #ready(): void {
    this.#dispatcher.serve([...this.#programs.values()].map(({ program }) => program));
    this.#started.resolve();
  }

  #hear(output: HostOutput): void {
    if (output.kind === 'replaced') this.#onRestart(output.reason);
    else if (output.kind === 'quarantined') {
      this.#quarantined.add(output.program);
      this.#onQuarantine(output.program, new Date(output.untilMs));
    } else if (output.kind === 'released') this.#leaveQuarantine(output.program);
    else this.#dispatcher.hear(output);
  }

  #leaveQuarantine(program: string): void {
    if (this.#quarantined.delete(program)) this.#onQuarantine(program, undefined);
  }
}

function stopped(): Error {
  return new Error('the sandbox was stopped');
}
