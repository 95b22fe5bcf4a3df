import type { Instance } from './instance.ts';
import { GoingPods } from './invariants/going-pods.ts';
import { LeadershipWatch } from './invariants/leadership.ts';
import { type Peak, RequestRates } from './invariants/request-rates.ts';

/** The election of replicas whose leader, when it is gone, is followed after 6 s. Milliseconds. */
export interface ElectionTimes {
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/**
 * What holds whatever happens, as the proxies see it: leadership is never lost while the Lease's own calls are
 * answered; requests per minute are bounded; nothing is written to a Pod that is going.
 */
export class Invariants {
  readonly #leadership: LeadershipWatch;
  readonly #rates: RequestRates;
  readonly #goingPods = new GoingPods();
  readonly #readLogs: (() => void)[] = [];

  /** @param election undefined without one */
  constructor(election: ElectionTimes | undefined) {
    this.#leadership = new LeadershipWatch(election?.renewDeadlineMs ?? 0);
    this.#rates = new RequestRates(election?.retryPeriodMs);
  }

  /** To be called before the instance is started. */
  follow(instance: Instance): void {
    const { proxy, standstill } = instance;
    const readLog = this.#leadership.follow(proxy, standstill);
    this.#goingPods.follow(proxy, standstill);
    const started = this.#rates.follow(proxy);
    instance.onRun({ started, ended: readLog });
    this.#readLogs.push(() => readLog(instance.logs()));
  }

  pluginChanges(): void {
    this.#rates.pluginChanges();
  }

  /** What was violated so far: what, when, by whom. */
  get violations(): readonly string[] {
    for (const readLog of this.#readLogs) readLog();
    return [this.#leadership, this.#rates, this.#goingPods].flatMap(({ violations }) => violations);
  }

  /** By kind of request, the busiest minute of any operator. */
  get peaks(): readonly (readonly [string, Peak])[] {
    return this.#rates.peaks;
  }
}
