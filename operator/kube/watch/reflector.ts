import type { Logger } from '../../observability/logging.ts';
import { Backoff } from '../../time/backoff.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import { type KubeClient, metadataAccept, metadataListAccept } from '../client/client.ts';
import { ApiError, ConnectionError, isGone, isRefused, isRetryable, retryAfterMs } from '../client/errors.ts';
import { currentVersion, listPages } from '../client/list.ts';
import { isOlderVersion } from '../client/resource-version.ts';
import type { Identified } from '../client/types.ts';
import { guardSilence } from './silence.ts';
import { type Phase, Situation } from './situation.ts';
import { type ReflectorSink, TrackedSink, uidOf } from './tracked-sink.ts';
import { type WatchEvent, watchEvents } from './watch-stream.ts';

export type { Origin, ReflectorSink } from './tracked-sink.ts';

export interface ReflectorOptions<T> {
  readonly client: KubeClient;
  /** The collection: `/api/v1/pods`, or one namespace's. */
  readonly path: string;
  /** What it is called in logs, in the plural: `Pods`. */
  readonly what: string;
  /** Ask for PartialObjectMetadata: metadata without spec and status. */
  readonly metadataOnly?: boolean;
  readonly query?: {
    readonly fieldSelector?: string | undefined;
    readonly labelSelector?: string | undefined;
  };
  readonly sink: ReflectorSink<T>;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Objects a page of the list; 500 by default. */
  readonly pageSize?: number;
  /**
   * Lists come from the server's cache, so that a thousand instances do not have all that is stored read a thousand
   * times. They come in one piece, and the first one may be older than the latest state, which the watch then brings.
   */
  readonly fromCache?: boolean;
  /**
   * Many instances do the same: each waits up to so many milliseconds before its first list, and before the list that
   * follows a 410, which all of them get at once.
   */
  readonly spread?: { readonly firstMs: number; readonly goneMs: number };
  /**
   * A watch without a byte for so many milliseconds is taken for dead; 90,000 by default. The API server sends a
   * bookmark about every minute.
   */
  readonly silenceMs?: number;
  /** Of which failures the sink's side tells, with what to do about them; the reflector then logs none at warn. */
  readonly isTold?: (error: unknown) => boolean;
  /** Told of every failure, also of those that are not logged again, and of what the sink throws. */
  readonly onError?: (error: unknown) => void;
}

const noSpread = { firstMs: 0, goneMs: 0 };
const backoffLimits = { baseMs: 250, maxMs: 10_000 };
/** The server ends each watch after so many seconds, up to twice that: without jitter all would end together. */
const minWatchSeconds = 300;
/** A watch that has been open so long, in milliseconds, works; until then the next failure waits longer. */
const provenMs = 5_000;
/** ERROR events in a row, without any other event, after which resuming is given up for a fresh list. */
const maxErrorEvents = 3;

/**
 * Keeps a sink equal to a collection of the API server: lists it, then watches from there, for ever. Whatever
 * fails (the connection, the server, a permission, the resource itself, the sink) is waited out; nothing that
 * happened in between is missed. While the server cannot be asked, the sink keeps what it has.
 */
export class Reflector<T extends Identified> {
  readonly #options: Required<
    Pick<ReflectorOptions<T>, 'clock' | 'random' | 'pageSize' | 'silenceMs' | 'spread'>
  > &
    ReflectorOptions<T>;
  readonly #sink: TrackedSink<T>;
  readonly #situation: Situation;
  readonly #backoff: Backoff;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  /** Where the next watch begins; undefined means that only a list can tell. */
  #resourceVersion: string | undefined;
  /** The one that was given up last: a list older than that comes from restored data. */
  #givenUp = '';
  /** Continue tokens that expired in a row: the pages were too small for the list's size. */
  #expiredLists = 0;
  /** The server's cache could not answer: it may be behind what was seen, for good where data was restored. */
  #cacheFailed = false;
  #errorEvents = 0;
  /** The last watch went silent: the server's history may have gone back behind our resourceVersion. */
  #wasSilent = false;
  /** The last failure was a 410. */
  #wasGone = false;
  #phase: Phase = 'list';
  /** The watch's answer has begun. */
  #isOpen = false;
  /** No failure since the last proof that all works. */
  #isWell = false;

  constructor(options: ReflectorOptions<T>) {
    const { what, path, logger, sink, isTold, random = Math.random } = options;
    this.#options = {
      clock: systemClock,
      pageSize: 500,
      silenceMs: 90_000,
      spread: noSpread,
      ...options,
      random,
    };
    this.#situation = new Situation(what, path, logger, isTold);
    this.#backoff = new Backoff(backoffLimits, random);
    this.#sink = new TrackedSink(sink, (error, name) => {
      logger.error({ watch: what, object: name, err: error }, `${what}: the handler of ${name} failed`);
      options.onError?.(error);
    });
    // Whoever does not wait for it need not handle its end.
    this.#synced.promise.catch(() => {});
  }

  /** Resolves when the first complete list is in the sink; rejects with the signal's reason if run ends before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** One line on what is failing now, fit for /readyz; undefined while the watch is open. */
  get lastError(): string | undefined {
    return this.#situation.lastError;
  }

  /** Lists and watches until the signal aborts. Never rejects for a fault. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, spread } = this.#options;
    if (spread.firstMs > 0) await clock.sleep(random() * spread.firstMs, signal).catch(() => {});
    while (!signal.aborted) {
      let waitMs = 0;
      try {
        await this.#listIfNeeded(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        waitMs = this.#fail(error);
      }
      await clock.sleep(waitMs, signal).catch(() => {});
    }
    this.#synced.reject(signal.reason);
  }

  async #listIfNeeded(signal: AbortSignal): Promise<void> {
    this.#phase = 'list';
    if (this.#resourceVersion !== undefined && this.#wasSilent) {
      await this.#checkHistory(signal, this.#resourceVersion);
    }
    this.#wasSilent = false;
    if (this.#resourceVersion === undefined) this.#resourceVersion = await this.#list(signal);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { clock, logger, what, pageSize, fromCache } = this.#options;
    const startedAt = clock.now();
    // Not what is listed: the first list, the longest there is, then needs no memory for it.
    const missing = this.#sink.uids();
    let objects = 0;
    const limit = pageSize * 10 ** this.#expiredLists;
    let resourceVersion = '';
    const notOlderThan = fromCache && !this.#cacheFailed ? this.#givenUp || '0' : undefined;
    try {
      const request = { ...this.#listRequest(signal), pageSize: limit, notOlderThan };
      for await (const page of listPages<T>(request)) {
        resourceVersion = page.resourceVersion;
        const origin = isOlderVersion(resourceVersion, this.#givenUp) ? 'restored' : 'list';
        for (const object of page.items) {
          objects += 1;
          missing.delete(uidOf(object));
          this.#sink.upsert(object, origin);
        }
      }
    } catch (error) {
      if (isGone(error)) this.#expiredLists++;
      if (notOlderThan !== undefined) this.#cacheFailed = isBehind(error);
      throw error;
    }
    this.#expiredLists = 0;
    this.#cacheFailed = false;
    this.#sink.removeAll(missing);
    const seconds = Math.round(clock.now() - startedAt) / 1000;
    const fields = { watch: what, objects, seconds };
    if (this.#isSynced) logger.debug(fields, `${what}: listed again`);
    else logger.info(fields, `${what}: synced`);
    this.#isSynced = true;
    this.#synced.resolve();
    return resourceVersion;
  }

  #listRequest(signal: AbortSignal) {
    const { client, path, query, metadataOnly } = this.#options;
    return { client, path, query, accept: metadataOnly ? metadataListAccept : undefined, signal };
  }

  /**
   * A server restored from a backup has an older history than we have seen. A watch from the future is accepted
   * there, and silent for ever; so after silence, one small list tells where the server is.
   */
  async #checkHistory(signal: AbortSignal, seen: string): Promise<void> {
    const now = await currentVersion(this.#listRequest(signal));
    if (isOlderVersion(now, seen)) this.#giveUp();
  }

  /** Only a list can tell where to go on. */
  #giveUp(): void {
    this.#givenUp = this.#resourceVersion ?? this.#givenUp;
    this.#resourceVersion = undefined;
  }

  /** Watches until the server ends the watch, as it does every few minutes. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { client, clock, random, path, query, metadataOnly, silenceMs } = this.#options;
    this.#phase = 'watch';
    this.#isOpen = false;
    // A listener that comes after the abort would never hear of it.
    signal.throwIfAborted();
    const session = new AbortController();
    const end = () => session.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      const chunks = await client.stream({
        method: 'GET',
        path,
        query: {
          ...query,
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: this.#resourceVersion,
          timeoutSeconds: Math.round(minWatchSeconds * (1 + random())),
        },
        accept: metadataOnly ? metadataAccept : undefined,
        signal: session.signal,
      });
      const openedAt = clock.now();
      this.#isOpen = true;
      this.#situation.opened();
      clock.sleep(provenMs, session.signal).then(
        () => this.#prove(),
        () => {},
      );
      const onSilent = (error: ConnectionError) => session.abort(error);
      for await (const event of watchEvents<T>(guardSilence(chunks, { clock, silenceMs, onSilent }))) {
        this.#apply(event);
      }
      const livedMs = clock.now() - openedAt;
      if (livedMs < provenMs) {
        throw new ConnectionError(`the server ended the watch after ${livedMs} ms`, { code: 'WATCH_ENDED' });
      }
    } finally {
      signal.removeEventListener('abort', end);
      session.abort();
    }
  }

  #prove(): void {
    this.#wasGone = false;
    this.#backoff.reset();
    this.#situation.healed();
    this.#isWell = true;
  }

  #apply(event: WatchEvent<T>): void {
    this.#errorEvents = 0;
    // The stream works and moves on; whether it lasts is another matter.
    this.#backoff.reset();
    if (event.type === 'BOOKMARK') {
      this.#resourceVersion = event.resourceVersion || this.#resourceVersion;
      return;
    }
    if (event.type === 'DELETED') this.#sink.remove(event.object);
    else this.#sink.upsert(event.object, 'watch');
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  /** Decides what follows from a failure. @returns milliseconds to wait */
  #fail(error: unknown): number {
    const { onError, random, spread } = this.#options;
    onError?.(error);
    this.#situation.failed(this.#phase, error, this.#isWell);
    this.#isWell = false;
    if (error instanceof ConnectionError && error.code === 'SILENT_WATCH') this.#wasSilent = true;
    if (this.#phase === 'watch' && error instanceof ApiError && this.#mustListAfter(error)) this.#giveUp();
    const listsNow = isGone(error) && !this.#wasGone;
    this.#wasGone = isGone(error);
    // The server works, it has only forgotten; if it goes on forgetting, that is a fault like any other.
    if (listsNow) return random() * spread.goneMs;
    const asked = (retryAfterMs(error) ?? 0) * (1 + 0.1 * random());
    return Math.max(this.#backoff.next(), asked);
  }

  #mustListAfter(error: ApiError): boolean {
    if (error.status === 410 || error.reason === 'Expired') return true;
    // Refused credentials and permissions say nothing about the resourceVersion; any other 4xx may be about it.
    if (!isRetryable(error)) return error.status !== 401 && error.status !== 403;
    return this.#isOpen && ++this.#errorEvents >= maxErrorEvents;
  }
}

/**
 * Whether the server's cache can't answer. A cache that does not reach a resourceVersion within three seconds gives a
 * 504; an overloaded server's 429 is no reason to ask for what costs it more.
 */
function isBehind(error: unknown): boolean {
  return isRefused(error) || (error instanceof ApiError && error.isStatus && error.status === 504);
}
