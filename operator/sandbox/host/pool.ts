import type { Failure, Program } from '../contract.ts';
import { failure } from '../failure.ts';
import type { HostOutput, WorkerEnd, WorkerOutput } from '../wire/output.ts';
import { type Activity, sharedNow } from '../wire/progress.ts';
import { afterStop, type BatchJob, type Job, programAt } from './job.ts';
import { type WorkerParts, WorkerThread } from './worker-thread.ts';

/** One place in the pool: a Worker, and the job it has. */
interface Slot {
  thread: WorkerThread;
  ready: boolean;
  job: Job | undefined;
}

/** The watch looks at busy Workers this often at the most and at the least. */
const shortestLookMs = 5;
const longestLookMs = 50;

/**
 * The Workers and their work. Jobs wait in one queue; a Worker takes the next when it is done. The watch ends a Worker
 * whose step passed its program's limit, gives the step its verdict, and has the rest asked again.
 */
export class Pool {
  readonly #parts: WorkerParts;
  readonly #send: (output: HostOutput) => void;
  readonly #programs = new Map<string, Program>();
  readonly #slots: Slot[] = [];
  readonly #queue: Job[] = [];
  /** No step can be overdue sooner after it began than this; programs that are gone still count. */
  #lookMs = longestLookMs;
  #watch: NodeJS.Timeout | undefined;
  #announced = false;

  constructor(workers: number, parts: WorkerParts, send: (output: HostOutput) => void) {
    this.#parts = parts;
    this.#send = send;
    for (let i = 0; i < workers; i++) this.#slots.push(this.#newSlot());
  }

  define(program: Program): void {
    this.#programs.set(program.id, program);
    this.#lookMs = Math.max(shortestLookMs, Math.min(this.#lookMs, program.limits.timeoutMs));
    for (const slot of this.#slots) slot.thread.send({ kind: 'define', program });
  }

  forget(id: string): void {
    this.#programs.delete(id);
    for (const slot of this.#slots) slot.thread.send({ kind: 'forget', program: id });
  }

  add(job: Job): void {
    this.#queue.push(job);
    this.#assign();
  }

  #newSlot(): Slot {
    const slot: Slot = { thread: this.#startThread(() => slot), ready: false, job: undefined };
    return slot;
  }

  #startThread(slot: () => Slot): WorkerThread {
    const thread = new WorkerThread(this.#parts, {
      message: (message) => this.#hear(slot(), message),
      ended: (reason) => this.#replace(slot(), slot().thread.progress.read(), reason),
    });
    for (const program of this.#programs.values()) thread.send({ kind: 'define', program });
    return thread;
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.job) continue;
      const job = this.#queue.shift();
      if (!job) break;
      slot.job = job;
      slot.thread.send(
        job.kind === 'load'
          ? { kind: 'load', program: job.program }
          : { kind: 'evaluate', batch: job.batch, from: job.from },
      );
    }
    this.#look();
  }

  #hear(slot: Slot, message: WorkerOutput): void {
    switch (message.kind) {
      case 'ready':
        slot.ready = true;
        if (!this.#announced && this.#slots.every(({ ready }) => ready)) {
          this.#announced = true;
          this.#send({ kind: 'ready' });
        }
        break;
      case 'loaded':
        if (slot.job?.kind === 'load') {
          this.#send({ kind: 'loaded', request: slot.job.request, failure: message.failure });
        }
        slot.job = undefined;
        break;
      case 'answers': {
        this.#send(message);
        const job = slot.job;
        if (job?.kind === 'batch') slot.job = remaining(job, message.from + message.calls);
        break;
      }
      default:
        message satisfies never;
    }
    this.#assign();
  }

  /** Looks at the Workers again when the first of them can be overdue. */
  #look(): void {
    if (this.#watch) return;
    const now = sharedNow();
    const deadlines = this.#slots.flatMap((slot) =>
      slot.job ? [this.#deadline(slot) ?? now + this.#lookMs] : [],
    );
    if (deadlines.length === 0) return;
    const next = Math.min(now + this.#lookMs, ...deadlines);
    this.#watch = setTimeout(() => this.#endOverdue(), Math.max(1, Math.ceil(next - now)));
  }

  #endOverdue(): void {
    const now = sharedNow();
    for (const slot of this.#slots) {
      const deadline = this.#deadline(slot);
      if (deadline !== undefined && deadline <= now) {
        this.#replace(slot, slot.thread.progress.read(), 'timeout');
      }
    }
    this.#watch = undefined;
    this.#look();
  }

  /** When the step that the slot's Worker is running passes its limit; undefined between steps. */
  #deadline(slot: Slot): number | undefined {
    const activity = slot.job && slot.thread.progress.read();
    if (!slot.job || !activity) return undefined;
    return activity.since + (this.#programs.get(programAt(slot.job, activity))?.limits.timeoutMs ?? 0);
  }

  /** A new Worker for the slot; the old one's job goes on without the step that ended it. */
  #replace(slot: Slot, activity: Activity | undefined, reason: WorkerEnd): void {
    // A Worker that cannot even start will not start the next time: let the operator's back-off see to it.
    if (!slot.ready) process.exit(1);
    const { thread, job } = slot;
    slot.ready = false;
    slot.job = undefined;
    thread.stop().catch((error: unknown) => process.stderr.write(`worker did not end: ${String(error)}\n`));
    slot.thread = this.#startThread(() => slot);
    this.#send({ kind: 'replaced', reason });
    if (!job) return;
    const verdict = activity ? this.#verdict(programAt(job, activity), reason) : undefined;
    const rest = afterStop(job, activity, verdict);
    if (rest.kind === 'load' || rest.kind === 'batch') this.#queue.unshift(rest);
    else this.#send(rest);
    this.#assign();
  }

  #verdict(id: string, reason: WorkerEnd): Failure {
    const program = this.#programs.get(id);
    switch (reason) {
      case 'timeout':
        return failure(
          'timeout',
          `${program?.plugin}: took longer than its limit of ${program?.limits.timeoutMs} ms`,
        );
      case 'memory':
        return failure('memory', `${program?.plugin}: the sandbox ran out of memory`);
      case 'crash':
        return failure('crash', `${program?.plugin}: the sandbox's thread died while it ran`);
    }
  }
}

function remaining(job: BatchJob, from: number): BatchJob | undefined {
  return from < job.batch.ends.length ? { ...job, from } : undefined;
}
