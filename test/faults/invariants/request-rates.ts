import type { FaultProxy } from '../../support/fault-proxy.ts';
import { notOurs, serviceLabel } from '../expected.ts';
import { followPodNews } from './pod-news.ts';
import { allowed, kindOf, type Minute } from './request-budget.ts';

const minuteMs = 60_000;

/** Times of the last minute, in milliseconds since the epoch. */
class LastMinute {
  readonly #times: number[] = [];

  add(now: number): void {
    this.#times.push(now);
  }

  count(now: number): number {
    const times = this.#times;
    const old = times.findIndex((time) => time > now - minuteMs);
    if (old !== 0) times.splice(0, old < 0 ? times.length : old);
    return times.length;
  }
}

/** The most calls of a kind that an operator made within a minute, and how many it might have made then. */
export interface Peak {
  readonly calls: number;
  readonly allowed: number;
}

/** Requests per minute are bounded: notes an operator that makes more of a kind than `allowed` says. */
export class RequestRates {
  readonly violations: string[] = [];
  readonly #peaks = new Map<string, Peak>();
  readonly #revisions = new LastMinute();
  readonly #retryPeriodMs: number | undefined;
  readonly #now: () => number;

  /**
   * @param retryPeriodMs of the election; undefined without one
   * @param now milliseconds since the epoch
   */
  constructor(retryPeriodMs: number | undefined, now: () => number = Date.now) {
    this.#retryPeriodMs = retryPeriodMs;
    this.#now = now;
  }

  /** By kind, of all operators, the busiest first. */
  get peaks(): readonly (readonly [string, Peak])[] {
    return [...this.#peaks].toSorted(([, a], [, b]) => b.calls / b.allowed - a.calls / a.allowed);
  }

  /** The plugin is being changed. */
  pluginChanges(): void {
    this.#revisions.add(this.#now());
  }

  /** @returns tells that a process of this operator is started */
  follow(proxy: Pick<FaultProxy, 'listen'>): () => void {
    const known = new Map<string, string>();
    const changes = new LastMinute();
    const starts = new LastMinute();
    const written = new LastMinute();
    const calls = new Map<string, LastMinute>();
    const told = new Set<string>();
    followPodNews(proxy, ({ isGoing, pod }) => {
      const now = this.#now();
      const state = `${notOurs(pod)} ${pod.labels?.[serviceLabel]}`;
      if (isGoing ? known.has(pod.uid) : known.get(pod.uid) !== state) changes.add(now);
      if (isGoing) known.delete(pod.uid);
      else known.set(pod.uid, state);
    });
    const minute = (now: number): Minute => ({
      pods: known.size,
      changes: changes.count(now),
      written: written.count(now),
      revisions: this.#revisions.count(now),
      starts: starts.count(now),
      leaseTries: this.#retryPeriodMs === undefined ? 0 : minuteMs / this.#retryPeriodMs,
    });
    proxy.listen((event) => {
      const { call } = event;
      if (event.kind === 'answered' && event.status === 200 && kindOf(call) === 'PATCH of Pods') {
        written.add(this.#now());
      }
      if (event.kind !== 'arrived') return;
      // One list, however many pages it has.
      if (call.query.has('continue')) return;
      const kind = kindOf(call);
      const now = this.#now();
      const times = calls.get(kind) ?? new LastMinute();
      calls.set(kind, times);
      times.add(now);
      const count = times.count(now);
      const limit = allowed(kind, minute(now));
      const peak = this.#peaks.get(kind);
      if (peak === undefined || count / limit > peak.calls / peak.allowed) {
        this.#peaks.set(kind, { calls: count, allowed: limit });
      }
      if (count <= limit || told.has(kind)) return;
      told.add(kind);
      this.violations.push(
        `${new Date(now).toISOString()} ${kind}: ${count} calls within a minute, where ${limit} are allowed; ${JSON.stringify(minute(now))}`,
      );
    });
    return () => starts.add(this.#now());
  }
}
