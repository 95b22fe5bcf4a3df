import { randomBytes } from 'node:crypto';
import type { Logger } from '../../observability/logging.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import { type KubeClient, mergePatch } from '../client/client.ts';
import { describeError, isObjectNotFound, isRetryable } from '../client/errors.ts';
import { microTime } from '../client/micro-time.ts';
import { TerminalError } from '../queue/reconcile-errors.ts';
import { WorkQueue } from '../queue/workqueue.ts';
import { SpamFilter } from './spam-filter.ts';

/** The object that an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for cluster-scoped objects; their Events are in the namespace `default`. */
  readonly namespace?: string;
  /** Absent where it is not known. */
  readonly uid?: string;
}

export interface EventInput {
  readonly regarding: EventSubject;
  /** A second object that it is about; two Events that differ in it alone are two. */
  readonly related?: EventSubject;
  /** What else tells it apart, for instance a name that is no object's; it is not written. */
  readonly distinction?: string;
  readonly type: 'Normal' | 'Warning';
  /** Why, in CamelCase: CompileError. */
  readonly reason: string;
  /** What was done or tried, in CamelCase: Load. */
  readonly action: string;
  /** For people; cut at 1,024 bytes. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** The reporting controller, a qualified name. */
  readonly controller: string;
  /** The reporting instance, for instance the Pod's name. */
  readonly instance: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** One Event and its repetitions, as long as they come. */
interface Series {
  readonly input: EventInput;
  /** The stamp of its Event. */
  readonly firstTime: number;
  /** The last time, as a stamp, and on the steady clock. */
  lastTime: number;
  lastMs: number;
  count: number;
  /** The Event's name on the server, once it is there. */
  name: string | undefined;
  /** The count that the server knows. */
  sentCount: number;
  /** When the server was told last, of an earlier note, too; before that, when it began. */
  sentMs: number;
  /** It has taken its part of the new Events that its object may have. */
  isAdmitted: boolean;
}

/** How often a series that goes on is written, in milliseconds. */
const seriesWriteMs = 60_000;
/** A repetition later than this begins a new Event (client-go: six minutes). */
const seriesGapMs = 360_000;
const maxNoteBytes = 1_024;
/** Failed tries, after which an Event is not worth another. */
const maxTries = 8;

/**
 * Writes events.k8s.io/v1 Events. Repetitions of one reason for one object are counted in one Event, as long as the
 * note is the same: the server lets nobody change an Event's note, so with another one a new Event begins, once a minute
 * at the most. New Events are limited for each object. Losing one must not hurt, so nothing here throws or waits.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #clock: Clock;
  readonly #spam: SpamFilter;
  readonly #queue: WorkQueue;
  readonly #series = new Map<string, Series>();
  readonly #tries = new Map<string, number>();

  constructor(options: EventRecorderOptions) {
    const { logger, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#spam = new SpamFilter(clock);
    this.#queue = new WorkQueue({
      name: 'events',
      concurrency: 1,
      maxDelayMs: 60_000,
      baseDelayMs: 500,
      logger,
      clock,
      random,
    });
  }

  /** Series that are open; bounded by what happened in the last six minutes. */
  get openSeries(): number {
    return this.#series.size;
  }

  /** Notes an Event; it is written while run() runs. */
  record(input: EventInput): void {
    const now = this.#clock.now();
    this.#closeSeries(now);
    const { regarding, related, distinction, type, reason, action, note } = input;
    const subjects = [subjectKey(regarding), related && subjectKey(related)];
    const key = [...subjects, type, reason, action, distinction].join('/');
    const series = this.#series.get(key);
    const time = this.#clock.wallTime();
    if (series?.input.note === note) {
      series.count++;
      series.lastMs = now;
      series.lastTime = time;
    } else {
      this.#series.set(key, {
        input,
        firstTime: time,
        lastTime: time,
        lastMs: now,
        count: 1,
        name: undefined,
        sentCount: 0,
        sentMs: series?.sentMs ?? now,
        isAdmitted: false,
      });
    }
    if (series === undefined) this.#queue.add(key);
    else this.#queue.addAfter(key, Math.max(0, series.sentMs + seriesWriteMs - now));
  }

  /** Writes Events until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run(signal, (key, ending) => this.#send(key, ending));
  }

  #closeSeries(now: number): void {
    for (const [key, { lastMs, count, sentCount }] of this.#series) {
      if (now - lastMs > seriesGapMs && count === sentCount) this.#series.delete(key);
    }
  }

  async #send(key: string, signal: AbortSignal): Promise<void> {
    const series = this.#series.get(key);
    if (series === undefined || series.count === series.sentCount) return;
    if (!series.isAdmitted && !this.#spam.admits(subjectKey(series.input.regarding))) {
      this.#series.delete(key);
      return;
    }
    series.isAdmitted = true;
    const { count } = series;
    try {
      if (series.name === undefined) await this.#create(series, signal);
      else await this.#update(series, series.name, signal);
      series.sentCount = count;
      series.sentMs = this.#clock.now();
      this.#tries.delete(key);
    } catch (error) {
      this.#giveUpIfHopeless(key, series, error, signal);
      throw error;
    }
  }

  #giveUpIfHopeless(key: string, series: Series, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const tries = (this.#tries.get(key) ?? 0) + 1;
    this.#tries.set(key, tries);
    if (isRetryable(error) && tries < maxTries) return;
    this.#tries.delete(key);
    // Another note may have come meanwhile, and has its own turn.
    if (this.#series.get(key) === series) this.#series.delete(key);
    throw new TerminalError(`the Event is dropped: ${describeError(error)}`, { cause: error });
  }

  async #create(series: Series, signal: AbortSignal): Promise<void> {
    const { client, controller, instance } = this.#options;
    const { regarding, related, type, reason, action, note } = series.input;
    const name = `${regarding.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`;
    await client.request({
      method: 'POST',
      path: collectionOf(regarding),
      signal,
      body: {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name, namespace: regarding.namespace ?? 'default' },
        eventTime: microTime(series.firstTime),
        reportingController: controller,
        reportingInstance: instance,
        regarding,
        related,
        type,
        reason,
        action,
        note: cut(note),
        ...(series.count > 1 ? { series: seriesOf(series) } : {}),
      },
    });
    series.name = name;
  }

  async #update(series: Series, name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.request({
        method: 'PATCH',
        path: `${collectionOf(series.input.regarding)}/${name}`,
        contentType: mergePatch,
        body: { series: seriesOf(series) },
        signal,
      });
    } catch (error) {
      if (!isObjectNotFound(error)) throw error;
      // Events live an hour; the series has outlived its own.
      series.name = undefined;
      await this.#create(series, signal);
    }
  }
}

function subjectKey({ kind, namespace, name, uid }: EventSubject): string {
  return uid ?? [kind, namespace, name].join('.');
}

function collectionOf({ namespace = 'default' }: EventSubject): string {
  return `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
}

function seriesOf({ count, lastTime }: Series): object {
  return { count, lastObservedTime: microTime(lastTime) };
}

/** Cuts to the server's limit, which is in bytes, without cutting a character. */
function cut(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= maxNoteBytes) return note;
  // A character cut in two decodes to replacement characters, at the end only.
  return `${bytes
    .subarray(0, maxNoteBytes - 3)
    .toString('utf8')
    .replace(/\uFFFD+$/, '')}…`;
}
