import type { Failure, Program } from '../contract.ts';
import { failure } from '../failure.ts';
import type { WireStep } from '../wire/batch.ts';
import type { Answers, HostOutput, WorkerEnd, WorkerOutput } from '../wire/output.ts';
import { type Activity, sharedNow } from '../wire/progress.ts';
import {
  type BatchJob,
  type Job,
  type LoadJob,
  limitMs,
  programAt,
  programsOf,
  remaining,
  withVerdict,
} from './job.ts';
import { planJob } from './plan.ts';
import { Quarantine } from './quarantine.ts';
import { Watch, type Watched, type WatchedStep } from './watch.ts';
import { type WorkerParts, WorkerThread } from './worker-thread.ts';

/** One place in the pool: a Worker, and the job it has. */
interface Slot {
  thread: WorkerThread;
  isReady: boolean;
  job: Job | undefined;
  /** Ends it, unless it gets a job before. */
  idle?: NodeJS.Timeout;
}

/** A Worker for trials, or one beyond the first, that had no work for this long is given up: each takes 10 MB. */
const idleMs = 10_000;

/**
 * The Workers and their work: one, and more as long as there is work for them. A Worker takes the next job when it is
 * done. Loads and batches wait in queues of their own: one load runs at a time, and a batch after each, so that neither
 * keeps the other waiting. A Worker whose step passes its limit is ended, the step gets its verdict, and the rest of
 * the job is done again. Programs that come out of quarantine are tried in one more Worker, so that nobody else has to
 * wait for them.
 */
export class Pool {
  readonly #parts: WorkerParts;
  readonly #send: (output: HostOutput) => void;
  readonly #mostWorkers: number;
  readonly #programs = new Map<string, Program>();
  readonly #slots: Slot[] = [];
  readonly #loads: LoadJob[] = [];
  readonly #batches: BatchJob[] = [];
  readonly #trials: BatchJob[] = [];
  readonly #quarantine = new Quarantine();
  readonly #watch = new Watch(() => this.#busySlots());
  #trialSlot: Slot | undefined;
  #trialIdle: NodeJS.Timeout | undefined;
  #isAnnounced = false;
  /** Whether the job given last was a load. */
  #isBatchesTurn = false;

  /** @param workers as many at the most, besides one for trials */
  constructor(workers: number, parts: WorkerParts, send: (output: HostOutput) => void) {
    this.#mostWorkers = workers;
    this.#parts = parts;
    this.#send = send;
    this.#slots.push(this.#newSlot());
  }

  define(program: Program): void {
    this.#programs.set(program.id, program);
    this.#watch.expect(program.limits.timeoutMs);
    for (const slot of this.#allSlots()) slot.thread.send({ kind: 'define', program });
  }

  forget(id: string): void {
    this.#programs.delete(id);
    this.#quarantine.forget(id);
    for (const slot of this.#allSlots()) slot.thread.send({ kind: 'forget', program: id });
  }

  add(job: Job): void {
    if (job.kind === 'load') this.#loads.push(job);
    else this.#batches.push(job);
    this.#assign();
  }

  #allSlots(): Slot[] {
    return this.#trialSlot ? [...this.#slots, this.#trialSlot] : this.#slots;
  }

  #newSlot(): Slot {
    const slot: Slot = { thread: this.#startThread(() => slot), isReady: false, job: undefined };
    return slot;
  }

  #startThread(slot: () => Slot): WorkerThread {
    const thread = new WorkerThread(this.#parts, {
      message: (message) => this.#hear(slot(), message),
      ended: (reason) => this.#replace(slot(), reason),
    });
    for (const program of this.#programs.values()) thread.send({ kind: 'define', program });
    return thread;
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (slot.isReady && !slot.job) this.#give(slot, this.#nextJob());
    }
    this.#grow();
    this.#assignTrial();
    this.#watch.look();
  }

  /** Starts one more Worker when all have work and more of it waits. */
  #grow(): void {
    if (this.#slots.length === this.#mostWorkers) return;
    const isLoading = this.#slots.some(({ job }) => job?.kind === 'load');
    const isWaiting = this.#batches.length > 0 || (this.#loads.length > 0 && !isLoading);
    if (isWaiting && this.#slots.every(({ isReady, job }) => isReady && job))
      this.#slots.push(this.#newSlot());
  }

  #nextJob(): Job | undefined {
    const isLoading = this.#slots.some(({ job }) => job?.kind === 'load');
    const batch =
      isLoading || this.#isBatchesTurn || this.#loads.length === 0 ? this.#nextBatch() : undefined;
    this.#isBatchesTurn = false;
    if (batch || isLoading) return batch;
    const load = this.#loads.shift();
    this.#isBatchesTurn = load !== undefined;
    return load;
  }

  #nextBatch(): BatchJob | undefined {
    for (let job = this.#batches.shift(); job; job = this.#batches.shift()) {
      const plan = planJob(job, this.#quarantine, sharedNow(), Date.now() - sharedNow());
      if (plan.later) this.#batches.unshift(plan.later);
      if (plan.trial?.trial !== undefined) {
        this.#quarantine.tryOut(plan.trial.trial);
        this.#trials.push(plan.trial);
      }
      if (plan.run) return plan.run;
    }
    return undefined;
  }

  #assignTrial(): void {
    if (this.#trials.length === 0) return;
    clearTimeout(this.#trialIdle);
    this.#trialSlot ??= this.#newSlot();
    const slot = this.#trialSlot;
    if (slot.isReady && !slot.job) this.#give(slot, this.#trials.shift());
  }

  #give(slot: Slot, job: Job | undefined): void {
    slot.job = job;
    if (!job) {
      if (slot !== this.#slots[0]) slot.idle ??= setTimeout(() => this.#retire(slot), idleMs);
      return;
    }
    clearTimeout(slot.idle);
    delete slot.idle;
    if (job.kind === 'load') slot.thread.send({ kind: 'load', program: job.program });
    else
      slot.thread.send({
        kind: 'evaluate',
        batch: job.batch,
        from: job.from,
        to: job.to,
        barred: job.barred,
      });
  }

  #retire(slot: Slot): void {
    this.#slots.splice(this.#slots.indexOf(slot), 1);
    slot.thread.stop();
  }

  #hear(slot: Slot, message: WorkerOutput): void {
    switch (message.kind) {
      case 'ready':
        slot.isReady = true;
        if (!this.#isAnnounced && this.#slots.every(({ isReady }) => isReady)) {
          this.#isAnnounced = true;
          this.#send({ kind: 'ready' });
        }
        break;
      case 'loaded':
        if (slot.job?.kind === 'load') {
          this.#send({ kind: 'loaded', request: slot.job.request, failure: message.failure });
        }
        slot.job = undefined;
        break;
      case 'answers':
        if (slot.job?.kind === 'batch') {
          if (slot.job.trial !== undefined) this.#endTrial(slot.job, slot.job.trial, message);
          slot.job = remaining(slot.job, message.from + message.calls);
        }
        this.#send(message);
        break;
      default:
        message satisfies never;
    }
    this.#assign();
  }

  #endTrial(job: BatchJob, program: string, answers: Answers): void {
    this.#trialIdle = setTimeout(() => this.#stopTrialSlot(), idleMs);
    const steps: WireStep[][] = JSON.parse(answers.steps);
    const wasAsked = programsOf(job.batch, job.from).indexOf(program) < (steps[0]?.length ?? 0);
    if (!wasAsked) {
      this.#quarantine.trialLapsed(program);
      return;
    }
    this.#quarantine.passed(program);
    this.#send({ kind: 'released', program });
  }

  #stopTrialSlot(): void {
    const slot = this.#trialSlot;
    this.#trialSlot = undefined;
    slot?.thread.stop();
  }

  #busySlots(): Watched[] {
    return this.#allSlots()
      .filter(({ job }) => job)
      .map((slot) => {
        const { thread } = slot;
        return {
          step: () => this.#step(slot),
          cpuMs: () => thread.cpuMs(),
          overran: () => this.#replace(slot, 'timeout'),
        };
      });
  }

  #step({ job, thread }: Slot): WatchedStep | undefined {
    const activity = job && thread.progress.read();
    if (!activity) return undefined;
    const limits = this.#programs.get(programAt(job, activity))?.limits;
    const { since, cpuMsBefore } = activity;
    return { since, cpuMsBefore, limitMs: limits ? limitMs(limits, activity) : 0 };
  }

  /** A new Worker for the slot; the old one's job goes on without the step that ended it. */
  #replace(slot: Slot, reason: WorkerEnd): void {
    // A Worker that cannot even start will not start the next time: let the operator's back-off see to it.
    if (!slot.isReady) process.exit(1);
    const { thread, job } = slot;
    const activity = thread.progress.read();
    thread.stop();
    slot.isReady = false;
    slot.job = undefined;
    if (slot === this.#trialSlot) this.#trialSlot = undefined;
    else slot.thread = this.#startThread(() => slot);
    this.#send({ kind: 'replaced', reason });
    if (job) this.#goOn(job, activity, reason);
    this.#assign();
  }

  #goOn(job: Job, activity: Activity | undefined, reason: WorkerEnd): void {
    if (job.kind === 'batch' && job.trial !== undefined && reason !== 'timeout')
      this.#quarantine.trialLapsed(job.trial);
    if (!activity) {
      if (job.kind === 'load') this.#loads.unshift(job);
      else this.#batches.unshift(job);
      return;
    }
    const id = programAt(job, activity);
    const verdict = this.#verdict(id, activity, reason);
    if (job.kind === 'load') {
      this.#send({ kind: 'loaded', request: job.request, failure: verdict });
      return;
    }
    if (reason === 'timeout' && this.#quarantine.overran(id, sharedNow())) {
      const untilMs = (this.#quarantine.until(id) ?? sharedNow()) + Date.now() - sharedNow();
      this.#send({ kind: 'quarantined', program: id, untilMs: Math.round(untilMs) });
    }
    this.#batches.unshift(withVerdict(job, activity, verdict, (sharedNow() - activity.since) / 1000));
  }

  #verdict(id: string, activity: Activity, reason: WorkerEnd): Failure {
    const program = this.#programs.get(id);
    const plugin = program?.plugin ?? id;
    switch (reason) {
      case 'timeout': {
        const what = activity.isLoading ? 'loading took' : 'took';
        const ms = program ? limitMs(program.limits, activity) : 0;
        return failure('timeout', `${plugin}: ${what} longer than its limit of ${ms} ms`);
      }
      case 'memory':
        return failure('memory', `${plugin}: the sandbox ran out of memory`);
      case 'crash':
        return failure('crash', `${plugin}: the sandbox's thread died while it ran`);
    }
  }
}
