import type { LogLine } from '../../cluster/operator.ts';
import type { Call, CallFilter, FaultProxy } from '../../support/fault-proxy.ts';
import { ownStandstill, Standstill } from './standstill.ts';

/** Calls by which an operator takes and holds the Lease. */
export const isLeaseCall: CallFilter = ({ path }) => path.includes('/leases');

/** So many of the last calls are told of. */
const shownCalls = 8;
const keptCalls = 400;
interface LeaseCall {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly isRenewal: boolean;
  readonly text: string;
}

/**
 * Leadership is never lost while the Lease's own calls are answered: notes each loss before which, for as long as a
 * leader goes on without a renewal, every call of that operator for its Lease was answered within a sixth of that time.
 */
export class LeadershipWatch {
  readonly violations: string[] = [];
  readonly #renewDeadlineMs: number;
  /** An answer that comes later is none: a renewal is two calls, and a few have to fit into the deadline. */
  readonly #answeredMs: number;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch */
  constructor(renewDeadlineMs: number, now: () => number = Date.now) {
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#answeredMs = renewDeadlineMs / 6;
    this.#now = now;
  }

  /**
   * @param standstill when this operator could not act, or not be reached
   * @returns reads the log of a process of this operator, once it has ended or at any time before; each line once
   */
  follow(proxy: Pick<FaultProxy, 'listen'>, standstill: Standstill): (logs: readonly LogLine[]) => void {
    const unanswered = new Standstill(this.#now);
    const open = new Map<Call, number>();
    const calls: LeaseCall[] = [];
    proxy.listen((event) => {
      if (!isLeaseCall(event.call)) return;
      const now = this.#now();
      if (event.kind === 'arrived') open.set(event.call, now);
      if (event.kind === 'arrived' || event.kind === 'passed') return;
      const from = open.get(event.call) ?? now;
      open.delete(event.call);
      const outcome = event.kind === 'answered' ? event.status : 'lost';
      const isRenewal = event.call.method === 'PUT' && outcome === 200;
      calls.push({ from, isRenewal, text: `${event.call.method} ${outcome} in ${now - from} ms` });
      if (calls.length > keptCalls) calls.shift();
      const isAnswered = event.kind === 'answered' && event.status < 500 && event.status !== 429;
      if (!isAnswered || now - from > this.#answeredMs) unanswered.note(from, now);
    });
    const known = new WeakSet<LogLine>();
    return (logs) => {
      for (const line of logs) {
        if (line.msg !== 'lost the lease' || known.has(line)) continue;
        known.add(line);
        const at = Date.parse(String(line.time));
        // The line comes when the term's work has ended, which hangs as long as its calls do; so the look goes back
        // to the last renewal.
        const renewed = calls.findLast(({ from, isRenewal }) => isRenewal && from <= at)?.from ?? at;
        const from = Math.min(renewed, at - 2 * this.#renewDeadlineMs);
        const waits = [...open.values()].some((began) => began < at - this.#answeredMs);
        if (waits || [unanswered, standstill, ownStandstill].some((times) => times.touches(from, at)))
          continue;
        const before = calls
          .filter((call) => call.from <= at)
          .slice(-shownCalls)
          .map(({ from, text }) => `${at - from} ms before: ${text}`)
          .join(', ');
        this.violations.push(
          `${line.time} ${line.identity} lost the lease, whose calls were all answered; ${before}`,
        );
      }
    };
  }
}
