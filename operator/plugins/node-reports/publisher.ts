import type { KubeClient } from '../../kube/client/client.ts';
import {
  describeError,
  isAlreadyExists,
  isConflict,
  isObjectNotFound,
  isRetryable,
} from '../../kube/client/errors.ts';
import { leasesPath } from '../../kube/election/lease.ts';
import type { Logger } from '../../observability/logging.ts';
import { Backoff } from '../../time/backoff.ts';
import type { Clock, Random } from '../../time/clock.ts';
import type { EarlierErrors, PluginStatistics } from '../status/statistics.ts';
import { decodeReport } from './decode.ts';
import { encodeReport } from './report.ts';
import { type ReportLease, reportLease, reportText, silenceMs } from './report-lease.ts';
import type { ReportTiming } from './timing.ts';

export interface ReportPublisherOptions {
  readonly client: KubeClient;
  /** Where the Lease is, and its name. */
  readonly namespace: string;
  readonly name: string;
  /** Who we are; different for every process. */
  readonly holder: string;
  /** What is to be reported; undefined while it is not known whole. */
  readonly numbers: () => ReadonlyMap<string, PluginStatistics> | undefined;
  readonly timing: ReportTiming;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** No call may hold up the next one, or the end of the process, for longer; milliseconds. */
const timeoutMs = 5_000;

/**
 * Publishes what this instance's Pods come to, in its node's Lease. Of two instances on a node, as in an update with
 * surge, the one that started later does it, and the other again when that one falls silent.
 */
export class ReportPublisher {
  readonly #options: ReportPublisherOptions;
  readonly #earlier = new Map<string, EarlierErrors>();
  /** The Lease as last seen. */
  #lease: ReportLease | undefined;
  /** It is as we wrote it, as far as we know. */
  #isOurs = false;
  /** We have written it once: whoever holds it now came later. */
  #hasHeld = false;
  /** When another's Lease was first seen in this version. */
  #seen: { readonly version: string | undefined; readonly at: number } | undefined;
  #writtenAt = 0;
  #dropped = 0;
  #problem: string | undefined;

  constructor(options: ReportPublisherOptions) {
    this.#options = options;
  }

  /** What the last instance on this node had counted of a plugin's errors: once, after recall() has ended. */
  takeEarlier(plugin: string): EarlierErrors | undefined {
    const earlier = this.#earlier.get(plugin);
    this.#earlier.delete(plugin);
    return earlier;
  }

  /** Why reports can't be written now, in one line. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Reads what the last instance on this node had reported; waits until the API server answers. Never rejects. */
  async recall(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff({ baseMs: 250, maxMs: 10_000 }, random);
    while (!signal.aborted) {
      try {
        const lease = await this.#read(signal);
        const report = lease && decodeReport(reportText(lease));
        for (const [plugin, row] of report ?? []) this.#earlier.set(plugin, row);
        return;
      } catch (error) {
        if (!isRetryable(error)) return;
        await clock.sleep(backoff.next(), signal).catch(() => {});
      }
    }
  }

  /** Publishes until the signal aborts, then gives the Lease up for the node's next instance. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, timing } = this.#options;
    while (!signal.aborted) {
      await this.#attempt(() => this.#publish(signal), signal);
      await clock.sleep(timing.changeMs * (1 + 0.2 * random()), signal).catch(() => {});
    }
    // A signal of its own: this run's has aborted.
    const last = new AbortController().signal;
    await this.#attempt(() => this.#release(last), last);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { holder, clock, timing } = this.#options;
    const current = this.#isOurs ? this.#lease : await this.#read(signal);
    if (current !== undefined && !this.#isOurs && !this.#mayTake(current)) return;
    const before = current === undefined ? undefined : reportText(current);
    const text = this.#text() ?? before;
    // Nothing is known yet, and nobody was here before.
    if (text === undefined) return;
    const isDue = clock.now() - this.#writtenAt >= timing.heartbeatMs;
    if (this.#isOurs && text === before && !isDue) return;
    await this.#write(current, holder, timing.silenceMs, text, signal);
  }

  /** The next instance on this node finds the counts; without one they go soon. */
  async #release(signal: AbortSignal): Promise<void> {
    if (!this.#isOurs || this.#lease === undefined) return;
    const text = this.#text() ?? reportText(this.#lease) ?? '';
    await this.#write(this.#lease, '', this.#options.timing.successionMs, text, signal);
  }

  #mayTake(current: ReportLease): boolean {
    const { holder, clock, timing } = this.#options;
    const { holderIdentity } = current.spec ?? {};
    if (!this.#hasHeld || !holderIdentity || holderIdentity === holder) return true;
    const version = current.metadata.resourceVersion;
    if (this.#seen?.version !== version) this.#seen = { version, at: clock.now() };
    return clock.now() - (this.#seen?.at ?? 0) >= silenceMs(current, timing.silenceMs);
  }

  #text(): string | undefined {
    const numbers = this.#options.numbers();
    if (numbers === undefined) return undefined;
    const { text, dropped } = encodeReport(numbers);
    if (dropped > this.#dropped) {
      const line = "this node's report has no room for the counts of so many plugins; the status lacks them";
      this.#options.logger.warn({ plugins: dropped }, line);
    }
    this.#dropped = dropped;
    return text;
  }

  async #read(signal: AbortSignal): Promise<ReportLease | undefined> {
    const path = `${this.#collection}/${this.#options.name}`;
    try {
      return await this.#options.client.request<ReportLease>({ method: 'GET', path, signal, timeoutMs });
    } catch (error) {
      if (isObjectNotFound(error)) return undefined;
      throw error;
    }
  }

  async #write(
    current: ReportLease | undefined,
    holder: string,
    durationMs: number,
    text: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, namespace, name, clock } = this.#options;
    const writtenAt = clock.now();
    const renewedAt = clock.wallTime();
    this.#lease = await client.request<ReportLease>({
      ...(current === undefined
        ? { method: 'POST', path: this.#collection }
        : { method: 'PUT', path: `${this.#collection}/${name}` }),
      body: reportLease({ namespace, name, holder, durationMs, renewedAt, text }, current),
      signal,
      timeoutMs,
    });
    this.#isOurs = true;
    this.#hasHeld = true;
    this.#writtenAt = writtenAt;
  }

  async #attempt(call: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      await call();
      this.#problem = undefined;
    } catch (error) {
      // Whatever was written or not: the next attempt reads it first.
      this.#isOurs = false;
      const isChanged = isConflict(error) || isAlreadyExists(error) || isObjectNotFound(error);
      if (signal.aborted || isChanged) return;
      const line = `can't report what this node's Pods come to: ${describeError(error)}`;
      if (line !== this.#problem) this.#options.logger.warn({ lease: this.#options.name }, line);
      this.#problem = line;
    }
  }

  get #collection(): string {
    return leasesPath(this.#options.namespace);
  }
}
