import type { Clock } from '../../time/clock.ts';
import type { CheckedParameters } from '../contract.ts';
import type { ParameterCheck } from '../wire/input.ts';
import type { CheckThread } from './check-thread.ts';
import { EndedSchemas } from './ended-schemas.ts';
import { isToBlame } from './watch.ts';

/** Milliseconds. One check may take this long; on a crowded machine longer, as a script's call may. */
const limitMs = 500;
/** A check that is overdue but not to blame is looked at again after this long. */
const lookMs = 50;
/** A thread that does not start in this time is given up. */
const startMs = 10_000;
/** A thread that had nothing to check for this long is given up. */
const idleMs = 10_000;

/**
 * Checks parameters one after the other, in a thread that runs nothing else: a schema is a program too, and one whose
 * pattern backtracks for ever is ended like a script. One that was ended once is refused at once for a while, so that
 * the checks of others do not wait for it again and again.
 */
export class ParameterChecker {
  readonly #startThread: () => CheckThread;
  readonly #clock: Clock;
  readonly #ended: EndedSchemas;
  #thread: CheckThread | undefined;
  #idle = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** @param startThread starts a new thread; it is asked for one at a time. */
  constructor(startThread: () => CheckThread, clock: Clock) {
    this.#startThread = startThread;
    this.#clock = clock;
    this.#ended = new EndedSchemas(clock);
  }

  /** Always answers, and never rejects. */
  async check(check: ParameterCheck): Promise<CheckedParameters> {
    const verdict = this.#ended.verdict(check.schema);
    if (verdict !== undefined) return { ok: false, message: verdict };
    const result = this.#last.then(() => this.#run(check)).catch((error: unknown) => failed(String(error)));
    this.#last = result;
    return result;
  }

  async #run(check: ParameterCheck): Promise<CheckedParameters> {
    const verdict = this.#ended.verdict(check.schema); // While this one waited for its turn.
    if (verdict !== undefined) return { ok: false, message: verdict };
    this.#idle.abort();
    const thread = await this.#readyThread();
    if (!thread) return failed('failed: its thread did not start');
    const cpuMsBefore = (await thread.cpuMs()) ?? 0;
    const done = new AbortController();
    const step = { since: this.#clock.now(), cpuMsBefore, limitMs };
    const result = await Promise.race([thread.check(check), this.#overdue(thread, step, done.signal)]);
    done.abort();
    if (typeof result === 'object') {
      this.#stopWhenIdle(thread);
      return result;
    }
    this.#stop(thread);
    const why =
      result === 'overdue' ? `took longer than ${limitMs} ms` : 'failed: it may need too much memory';
    const problem = failed(why);
    this.#ended.add(check.schema, problem.message);
    return problem;
  }

  /** @returns undefined when there is none to be had. */
  async #readyThread(): Promise<CheckThread | undefined> {
    if (this.#thread && !this.#thread.hasEnded) return this.#thread;
    const thread = this.#startThread();
    const started = new AbortController();
    const late = this.#clock.sleep(startMs, started.signal).then(
      () => false,
      () => false, // It has started, or ended.
    );
    const isReady = await Promise.race([thread.ready, late]);
    started.abort();
    if (!isReady) {
      thread.stop();
      return undefined;
    }
    this.#thread = thread;
    return thread;
  }

  /** Resolves when the check has used up its time, and never once the signal aborts. */
  async #overdue(
    thread: CheckThread,
    step: Parameters<typeof isToBlame>[0],
    signal: AbortSignal,
  ): Promise<'overdue'> {
    try {
      await this.#clock.sleep(limitMs, signal);
      while (!isToBlame(step, this.#clock.now(), await thread.cpuMs())) {
        await this.#clock.sleep(lookMs, signal);
      }
      return 'overdue';
    } catch {
      return new Promise(() => {}); // Done in time.
    }
  }

  #stopWhenIdle(thread: CheckThread): void {
    this.#idle = new AbortController();
    this.#clock.sleep(idleMs, this.#idle.signal).then(
      () => this.#stop(thread),
      () => {}, // There is another check.
    );
  }

  #stop(thread: CheckThread): void {
    if (this.#thread === thread) this.#thread = undefined;
    thread.stop();
  }
}

function failed(why: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message: `checking spec.parameters by spec.parametersSchema ${why}` };
}
