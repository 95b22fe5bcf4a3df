import { type Clock, systemClock } from '../../time/clock.ts';
import { describeError } from '../client/errors.ts';
import { Delays } from './delays.ts';
import { FailureLog } from './failure-log.ts';
import { FairQueue, type Waiting } from './fair-queue.ts';
import { Places } from './places.ts';
import { type Outcome, outcomeOf } from './reconcile-errors.ts';
import { Retries } from './retries.ts';
import { noMetrics, type ReconcileResult, type WorkQueueMetrics } from './workqueue-metrics.ts';
import type { AddOptions, Handler, WorkQueueOptions } from './workqueue-options.ts';

/** What the queue knows of a key that waits, runs or is delayed. */
interface Entry extends Waiting {
  /** When it began to wait for a worker; undefined when it does not. */
  waitingSince: number | undefined;
  /** Added while running, with this priority: runs once more afterwards. */
  again: number | undefined;
  /** At least once with `atOnce`. */
  againAtOnce: boolean;
  /** Dropped while running. */
  forgotten: boolean;
}

/** One time that the queue runs. */
interface Run {
  /** Nothing is begun once it aborts. */
  readonly signal: AbortSignal;
  readonly handler: Handler;
  /** Ends what handlers at work wait for. */
  readonly atWork: AbortController;
}

/**
 * So long, in milliseconds, handlers at work have when the queue is told to end, before their signal aborts: a call that
 * is sent is best heard out, but a half-open connection would keep the next term waiting.
 */
const graceMs = 1_000;
/** Timers overflow at 24.8 days; and a clock that was set back is noticed within the hour. */
const maxSleepMs = 3_600_000;

/**
 * Keys to be handled: each at most once in the queue, and by one worker at a time. Holds nothing for keys that
 * were handled. Keys may be added at any time; they are handled while run() runs.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #clock: Clock;
  readonly #metrics: WorkQueueMetrics;
  readonly #entries = new Map<string, Entry>();
  readonly #ready: FairQueue;
  /** What somebody asked for; what failed is in #retries. */
  readonly #delays = new Delays();
  readonly #retries: Retries;
  readonly #failures: FailureLog;
  /** By key: when its handler began. */
  readonly #running = new Map<string, number>();
  /** While run() runs. */
  #run: Run | undefined;
  #startScheduled = false;
  /** Ends the timer's sleep, and when that would end anyway. */
  #timer: { readonly until: number; readonly wake: () => void } | undefined;
  readonly #idleWaiters: (() => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    const { name, logger, clock = systemClock, random = Math.random, baseDelayMs = 5, maxDelayMs } = options;
    this.#options = options;
    this.#clock = clock;
    this.#metrics = options.metrics ?? noMetrics;
    this.#ready = new FairQueue(options.flowOf && new Places(options.concurrency));
    const limits = { baseMs: baseDelayMs, maxMs: maxDelayMs };
    this.#retries = new Retries(limits, clock, random, (key) => this.#flowOf(key));
    this.#failures = new FailureLog(name, logger, clock);
    this.#metrics.followWork(name, () =>
      [...this.#running.values()].map((startedAt) => Math.max(0, clock.now() - startedAt) / 1000),
    );
  }

  /** Keys that wait for a worker; delayed ones do not count. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that the queue holds at all: waiting, running or delayed. */
  get size(): number {
    return this.#entries.size;
  }

  /** The keys that wait and will be handled next if nothing changes, in order and at most so many. */
  upcoming(count: number): string[] {
    return this.#ready.first(count);
  }

  /** Lets the key be handled, soon unless it failed last. A key that waits already moves up, never down. */
  add(key: string, { priority = 0, atOnce = false }: AddOptions = {}): void {
    const entry = this.#entry(key, priority);
    if (this.#running.has(key)) {
      if (entry.again === undefined) this.#metrics.added(this.#options.name);
      entry.again = Math.max(entry.again ?? priority, priority);
      entry.againAtOnce ||= atOnce;
      return;
    }
    if (!this.#retries.holds(key)) {
      this.#push(entry, priority);
      return;
    }
    entry.priority = Math.max(entry.priority, priority);
    if (!atOnce) return;
    this.#retries.hurry(key);
    this.#wakeInTime();
  }

  /**
   * Adds the key after so many milliseconds; of several such delays of a key the earliest counts. Nobody waits for
   * it, so it comes with priority 0, whatever it had.
   */
  addAfter(key: string, ms: number): void {
    const entry = this.#entry(key, 0);
    if (entry.waitingSince === undefined && !this.#retries.holds(key)) entry.priority = 0;
    this.#delay(key, ms);
  }

  /** Nothing more is to be done for the key: drops it, its delay and its failures. A handler at work may finish. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#delays.delete(key);
    this.#retries.forget(key);
    if (entry.waitingSince !== undefined) {
      this.#ready.delete(entry);
      this.#depthChanged();
    }
    entry.waitingSince = undefined;
    entry.again = undefined;
    // While its handler runs, the key stays known, so that it cannot run twice at a time.
    if (this.#running.has(key)) entry.forgotten = true;
    else this.#entries.delete(key);
    this.#checkIdle();
  }

  /** Forgets all keys. */
  clear(): void {
    for (const key of this.#entries.keys()) this.forget(key);
  }

  /**
   * Has keys handled until the signal aborts; resolves when the handlers at work then have ended, for which they have a
   * second's grace. May run again.
   */
  async run(signal: AbortSignal, handler: Handler): Promise<void> {
    const { name, around = (one) => one } = this.#options;
    if (this.#run !== undefined) throw new Error(`the queue ${name} runs already`);
    const run = { signal, handler: around(handler), atWork: new AbortController() };
    this.#run = run;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const onAbort = () => {
      this.#timer?.wake();
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#scheduleStart();
    await Promise.all([aborted, this.#keepTime(signal)]);
    await this.#drain(run);
    this.#failures.end();
    this.#run = undefined;
  }

  /** Waits for the handlers at work; the queue was told to end. */
  async #drain({ signal, atWork }: Run): Promise<void> {
    const ended = new AbortController();
    this.#clock.sleep(graceMs, ended.signal).then(
      () => atWork.abort(signal.reason),
      () => {},
    );
    await new Promise<void>((drained) => {
      this.#drainWaiters.push(drained);
      this.#checkIdle();
    });
    ended.abort();
  }

  /** Resolves when no key waits or runs. Delayed keys do not count. */
  async whenIdle(): Promise<void> {
    await new Promise<void>((idle) => {
      this.#idleWaiters.push(idle);
      this.#checkIdle();
    });
  }

  #entry(key: string, priority: number): Entry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = {
        key,
        priority,
        flow: undefined,
        before: undefined,
        after: undefined,
        waitingSince: undefined,
        again: undefined,
        againAtOnce: false,
        forgotten: false,
      };
      this.#entries.set(key, entry);
    }
    entry.forgotten = false;
    return entry;
  }

  #push(entry: Entry, priority: number): void {
    if (entry.waitingSince !== undefined) {
      if (priority <= entry.priority) return;
      this.#ready.delete(entry);
    } else {
      entry.waitingSince = this.#clock.now();
      this.#metrics.added(this.#options.name);
    }
    this.#ready.push(entry, priority, this.#flowOf(entry.key));
    this.#depthChanged();
    this.#scheduleStart();
  }

  #flowOf(key: string): string {
    return this.#options.flowOf?.(key) ?? '';
  }

  /** Handlers start in a turn of their own: never inside add(), and after all adds of the same turn. */
  #scheduleStart(): void {
    if (this.#startScheduled || this.#run === undefined) return;
    this.#startScheduled = true;
    queueMicrotask(() => {
      this.#startScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const run = this.#run;
    while (run !== undefined && !run.signal.aborted && this.#running.size < this.#options.concurrency) {
      const next = this.#ready.shift();
      const entry = next === undefined ? undefined : this.#entries.get(next.key);
      if (entry === undefined) return;
      void this.#work(entry, run);
    }
  }

  /** Never rejects. */
  async #work(entry: Entry, { signal, handler, atWork }: Run): Promise<void> {
    const { name } = this.#options;
    const { key } = entry;
    const startedAt = this.#clock.now();
    this.#metrics.waited(name, (startedAt - (entry.waitingSince ?? startedAt)) / 1000);
    entry.waitingSince = undefined;
    this.#running.set(key, startedAt);
    this.#metrics.activeWorkers(name, this.#running.size);
    this.#depthChanged();
    let outcome: Outcome = { kind: 'success' };
    try {
      await handler(key, atWork.signal);
    } catch (error) {
      outcome = outcomeOf(error, signal);
    }
    this.#running.delete(key);
    this.#ready.done(entry);
    this.#metrics.activeWorkers(name, this.#running.size);
    this.#metrics.worked(name, (this.#clock.now() - startedAt) / 1000);
    this.#settle(entry, outcome);
    this.#wakeInTime();
    if (entry.again !== undefined) {
      const options = { priority: entry.again, atOnce: entry.againAtOnce };
      entry.again = undefined;
      entry.againAtOnce = false;
      this.add(key, options);
    }
    const isHeld = this.#delays.has(key) || this.#retries.holds(key);
    if (entry.waitingSince === undefined && !isHeld) this.#entries.delete(key);
    this.#scheduleStart();
    this.#checkIdle();
  }

  /** The one place where an outcome turns into what the queue does and what its metrics say. */
  #settle(entry: Entry, outcome: Outcome): void {
    const { name, logger } = this.#options;
    const { key } = entry;
    switch (outcome.kind) {
      case 'success':
        this.#count('success');
        this.#retries.succeed(key);
        return;
      case 'retryAfter':
        this.#count('requeue_after');
        this.#retries.forget(key);
        if (!entry.forgotten) this.#delay(key, outcome.ms);
        return;
      case 'conflict':
        this.#count('requeue');
        logger.debug(
          { queue: name, key, error: describeError(outcome.error) },
          `${name}: conflict on ${key}`,
        );
        this.#retry(entry, 0);
        return;
      case 'failed': {
        this.#count('error');
        const fields = this.#retry(entry, outcome.minDelayMs);
        this.#failures.add({ key, error: outcome.error, level: 'warn', fields });
        return;
      }
      case 'terminal':
        this.#count('error');
        this.#retries.forget(key);
        this.#failures.add({ key, error: outcome.error, level: 'error' });
        return;
      case 'stopped':
        // Nobody knows how far it came; should the queue run again, it is handled again.
        if (!entry.forgotten) entry.again ??= entry.priority;
        return;
    }
  }

  #count(result: ReconcileResult): void {
    this.#metrics.reconciled(this.#options.name, result);
  }

  /** @returns what the log says of it */
  #retry({ key, forgotten }: Entry, minDelayMs: number): object {
    if (forgotten) return {};
    this.#metrics.retried(this.#options.name);
    const { failures, delayMs } = this.#retries.fail(key, minDelayMs);
    return { failures, retryInMs: Math.round(delayMs) };
  }

  #delay(key: string, ms: number): void {
    this.#metrics.retried(this.#options.name);
    this.#delays.add(key, this.#clock.now() + ms);
    this.#wakeInTime();
  }

  /** Wakes keepTime for what is due before it would wake by itself. */
  #wakeInTime(): void {
    if (this.#timer !== undefined && this.#nextDueAt < this.#timer.until) this.#timer.wake();
  }

  /** Infinity when nothing is due ever. */
  get #nextDueAt(): number {
    const times = [this.#delays.nextDueAt, this.#retries.nextDueAt, this.#failures.nextDueAt];
    return Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
  }

  async #keepTime(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#clock.now();
      for (const key of this.#delays.takeDue(now)) {
        const entry = this.#entries.get(key);
        if (entry !== undefined) this.add(key, { priority: entry.priority });
      }
      for (const key of this.#retries.takeDue()) {
        const entry = this.#entries.get(key);
        if (entry !== undefined) this.#push(entry, entry.priority);
      }
      this.#failures.tell();
      const until = Math.min(this.#nextDueAt, now + maxSleepMs);
      const sleep = new AbortController();
      this.#timer = { until, wake: () => sleep.abort() };
      await this.#clock.sleep(until - now, sleep.signal).catch(() => {});
    }
    this.#timer = undefined;
  }

  #depthChanged(): void {
    this.#metrics.depth(this.#options.name, this.#ready.size);
  }

  #checkIdle(): void {
    if (this.#running.size > 0) return;
    for (const drained of this.#drainWaiters.splice(0)) drained();
    if (this.#ready.size > 0) return;
    for (const idle of this.#idleWaiters.splice(0)) idle();
  }
}
