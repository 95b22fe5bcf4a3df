import type { Logger } from '../observability/logging.ts';
import { backoffDelay } from './backoff.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import { Delays } from './delays.ts';
import { describeError } from './errors.ts';
import { PriorityFifo } from './priority-fifo.ts';
import { type Outcome, outcomeOf } from './reconcile-errors.ts';
import { noMetrics, type ReconcileResult, type WorkQueueMetrics } from './workqueue-metrics.ts';

export interface WorkQueueOptions {
  /** Names the queue in logs and metrics. */
  readonly name: string;
  /**
   * Brings what the key stands for to its wanted state, whatever happened to it. Throws RetryAfterError,
   * TerminalError or anything else. Should end soon when the signal aborts.
   */
  readonly handler: (key: string, signal: AbortSignal) => Promise<void>;
  /** Handlers at a time. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Delay of a key's first retry, in milliseconds, doubled with each failure in a row; 5 by default. */
  readonly baseDelayMs?: number;
  /** The longest delay between retries, in milliseconds. */
  readonly maxDelayMs: number;
  readonly metrics?: WorkQueueMetrics;
}

/** What the queue knows of a key that waits, runs or is delayed. */
interface Entry {
  priority: number;
  /** When it began to wait for a worker; undefined when it does not. */
  waitingSince: number | undefined;
  running: boolean;
  /** Added while running, with this priority: runs once more afterwards. */
  again: number | undefined;
  /** Failures in a row. */
  failures: number;
  /** The delay is a retry of the queue's own, void once a call succeeded; otherwise somebody asked for it. */
  delayIsRetry: boolean;
  /** Dropped while running. */
  forgotten: boolean;
}

/** Timers overflow at 24.8 days; and a clock that was set back is noticed within the hour. */
const maxSleepMs = 3_600_000;

/**
 * Keys to be handled: each at most once in the queue, and by one worker at a time. Holds nothing for keys that
 * were handled. Keys may be added at any time; they are handled while run() runs.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions & { readonly random: Random };
  readonly #clock: Clock;
  readonly #metrics: WorkQueueMetrics;
  readonly #entries = new Map<string, Entry>();
  readonly #ready = new PriorityFifo();
  readonly #delays = new Delays();
  #active = 0;
  #signal: AbortSignal | undefined;
  #startScheduled = false;
  /** Ends the timer's sleep, and when that would end anyway. */
  #timer: { readonly until: number; readonly wake: () => void } | undefined;
  readonly #idleWaiters: (() => void)[] = [];
  readonly #drainWaiters: (() => void)[] = [];

  constructor(options: WorkQueueOptions) {
    this.#options = { random: Math.random, ...options };
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics ?? noMetrics;
  }

  /** Keys that wait for a worker; delayed ones do not count. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Keys that the queue holds at all: waiting, running or delayed. */
  get size(): number {
    return this.#entries.size;
  }

  /** The keys that wait and will be handled next, about in order and at most so many. */
  upcoming(count: number): string[] {
    return this.#ready.first(count);
  }

  /**
   * Lets the key be handled soon, whatever retry it was waiting for.
   * @param options.priority higher goes first, 0 by default; a key that waits already moves up, never down.
   */
  add(key: string, { priority = 0 }: { readonly priority?: number } = {}): void {
    const entry = this.#entry(key, priority);
    if (entry.running) {
      if (entry.again === undefined) this.#metrics.added(this.#options.name);
      entry.again = Math.max(entry.again ?? priority, priority);
      return;
    }
    if (entry.waitingSince !== undefined) {
      if (priority <= entry.priority) return;
      this.#ready.delete(key, entry.priority);
    } else {
      if (entry.delayIsRetry) this.#delays.delete(key);
      entry.delayIsRetry = false;
      entry.waitingSince = this.#clock.now();
      this.#metrics.added(this.#options.name);
    }
    entry.priority = priority;
    this.#ready.push(key, priority);
    this.#depthChanged();
    this.#scheduleStart();
  }

  /**
   * Adds the key after so many milliseconds; of several such delays of a key the earliest counts. Nobody waits for
   * it, so it comes with priority 0, whatever it had.
   */
  addAfter(key: string, ms: number): void {
    const entry = this.#entry(key, 0);
    if (entry.waitingSince === undefined) entry.priority = 0;
    entry.delayIsRetry = false;
    this.#delay(key, ms);
  }

  /** Nothing more is to be done for the key: drops it, its delay and its failures. A handler at work may finish. */
  forget(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#delays.delete(key);
    if (entry.waitingSince !== undefined) {
      this.#ready.delete(key, entry.priority);
      this.#depthChanged();
    }
    entry.waitingSince = undefined;
    entry.again = undefined;
    entry.failures = 0;
    // While its handler runs, the key stays known, so that it cannot run twice at a time.
    if (entry.running) entry.forgotten = true;
    else this.#entries.delete(key);
    this.#checkIdle();
  }

  /** Handles keys until the signal aborts; resolves when the handlers at work then have ended. May run again. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#signal !== undefined) throw new Error(`the queue ${this.#options.name} runs already`);
    this.#signal = signal;
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const onAbort = () => {
      this.#timer?.wake();
      resolve();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.#scheduleStart();
    await Promise.all([aborted, this.#fireDelays(signal)]);
    await new Promise<void>((drained) => {
      this.#drainWaiters.push(drained);
      this.#checkIdle();
    });
    this.#signal = undefined;
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
        priority,
        waitingSince: undefined,
        running: false,
        again: undefined,
        failures: 0,
        delayIsRetry: false,
        forgotten: false,
      };
      this.#entries.set(key, entry);
    }
    entry.forgotten = false;
    return entry;
  }

  /** Handlers start in a turn of their own: never inside add(), and after all adds of the same turn. */
  #scheduleStart(): void {
    if (this.#startScheduled || this.#signal === undefined) return;
    this.#startScheduled = true;
    queueMicrotask(() => {
      this.#startScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const signal = this.#signal;
    while (signal !== undefined && !signal.aborted && this.#active < this.#options.concurrency) {
      const key = this.#ready.shift();
      const entry = key === undefined ? undefined : this.#entries.get(key);
      if (key === undefined || entry === undefined) return;
      void this.#work(key, entry, signal);
    }
  }

  /** Never rejects. */
  async #work(key: string, entry: Entry, signal: AbortSignal): Promise<void> {
    const { name, handler } = this.#options;
    const startedAt = this.#clock.now();
    this.#metrics.waited(name, (startedAt - (entry.waitingSince ?? startedAt)) / 1000);
    entry.waitingSince = undefined;
    entry.running = true;
    this.#metrics.activeWorkers(name, ++this.#active);
    this.#depthChanged();
    let outcome: Outcome = { kind: 'success' };
    try {
      await handler(key, signal);
    } catch (error) {
      outcome = outcomeOf(error, signal);
    }
    entry.running = false;
    this.#metrics.activeWorkers(name, --this.#active);
    this.#metrics.worked(name, (this.#clock.now() - startedAt) / 1000);
    this.#settle(key, entry, outcome);
    if (entry.again !== undefined) {
      const priority = entry.again;
      entry.again = undefined;
      this.add(key, { priority });
    }
    if (entry.waitingSince === undefined && !this.#delays.has(key)) this.#entries.delete(key);
    this.#scheduleStart();
    this.#checkIdle();
  }

  /** The one place where an outcome turns into what the queue does and what its metrics say. */
  #settle(key: string, entry: Entry, outcome: Outcome): void {
    const { name, logger } = this.#options;
    switch (outcome.kind) {
      case 'success':
        this.#count('success');
        this.#clear(key, entry);
        return;
      case 'retryAfter':
        this.#count('requeue_after');
        this.#clear(key, entry);
        this.#retry(key, entry, outcome.ms);
        return;
      case 'conflict':
        this.#count('requeue');
        logger.debug(
          { queue: name, key, error: describeError(outcome.error) },
          `${name}: conflict on ${key}`,
        );
        this.#retry(key, entry, this.#backoff(entry));
        return;
      case 'failed': {
        this.#count('error');
        const delayMs = Math.max(this.#backoff(entry), outcome.minDelayMs);
        const fields = { queue: name, key, failures: entry.failures, retryInMs: Math.round(delayMs) };
        logger.warn(
          { ...fields, error: describeError(outcome.error) },
          `${name}: ${key} failed, trying again`,
        );
        this.#retry(key, entry, delayMs);
        return;
      }
      case 'terminal':
        this.#count('error');
        logger.error(
          { queue: name, key, error: describeError(outcome.error) },
          `${name}: ${key} failed for good`,
        );
        this.#clear(key, entry);
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

  #clear(key: string, entry: Entry): void {
    entry.failures = 0;
    if (entry.delayIsRetry) this.#delays.delete(key);
    entry.delayIsRetry = false;
  }

  #backoff(entry: Entry): number {
    const { baseDelayMs = 5, maxDelayMs, random } = this.#options;
    return backoffDelay(entry.failures++, { baseMs: baseDelayMs, maxMs: maxDelayMs }, random);
  }

  #retry(key: string, entry: Entry, ms: number): void {
    if (entry.forgotten) return;
    entry.delayIsRetry ||= !this.#delays.has(key);
    this.#delay(key, ms);
  }

  #delay(key: string, ms: number): void {
    this.#metrics.retried(this.#options.name);
    const dueAt = this.#clock.now() + ms;
    this.#delays.add(key, dueAt);
    if (this.#timer !== undefined && dueAt < this.#timer.until) this.#timer.wake();
  }

  async #fireDelays(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#clock.now();
      for (const key of this.#delays.takeDue(now)) {
        const entry = this.#entries.get(key);
        if (entry === undefined) continue;
        entry.delayIsRetry = false;
        this.add(key, { priority: entry.priority });
      }
      const until = Math.min(this.#delays.nextDueAt ?? Number.POSITIVE_INFINITY, now + maxSleepMs);
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
    if (this.#active > 0) return;
    for (const drained of this.#drainWaiters.splice(0)) drained();
    if (this.#ready.size > 0) return;
    for (const idle of this.#idleWaiters.splice(0)) idle();
  }
}
