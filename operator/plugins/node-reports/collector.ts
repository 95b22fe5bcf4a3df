import { isDeepStrictEqual } from 'node:util';
import type { ReflectorSink } from '../../kube/watch/reflector.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Clock } from '../../time/clock.ts';
import { decodeReport } from './decode.ts';
import type { PluginReport, Report } from './report.ts';
import { type ReportLease, reportText, silenceMs } from './report-lease.ts';

export interface ReportCollectorOptions {
  /** The Lease of this instance's own node: what it says is known better here. */
  readonly ownName: string;
  /** The silence allowed to an instance that does not say it, in milliseconds. */
  readonly silenceMs: number;
  /** Told of each plugin whose numbers changed somewhere. */
  readonly onChange: (plugin: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A Lease that was last renewed too long ago, in the version that was seen. */
export interface SilentLease {
  readonly uid: string;
  readonly name: string;
  readonly resourceVersion: string | undefined;
}

interface Entry extends SilentLease {
  readonly text: string | undefined;
  readonly report: Report;
  readonly silenceMs: number;
  /** On this process' clock, so that clocks that differ do no harm. */
  seenAt: number;
}

/** The reports of all other nodes' instances, each once. */
export class ReportCollector implements ReflectorSink<ReportLease> {
  readonly #options: ReportCollectorOptions;
  /** By UID of the Lease. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: ReportCollectorOptions) {
    this.#options = options;
  }

  upsert(lease: ReportLease): void {
    const { ownName, clock } = this.#options;
    const { uid, name, resourceVersion } = lease.metadata;
    if (name === ownName) return;
    const known = this.#entries.get(uid);
    // A fresh list repeats what is known.
    if (known !== undefined && known.resourceVersion === resourceVersion) return;
    const text = reportText(lease);
    const before = known?.report ?? nothing;
    const report = known !== undefined && text === known.text ? before : this.#decode(name, text, before);
    const silence = silenceMs(lease, this.#options.silenceMs);
    this.#entries.set(uid, {
      uid,
      name,
      resourceVersion,
      text,
      report,
      silenceMs: silence,
      seenAt: clock.now(),
    });
    this.#tell(before, report);
  }

  remove(uid: string): void {
    const known = this.#entries.get(uid);
    if (known === undefined) return;
    this.#entries.delete(uid);
    this.#tell(known.report, nothing);
  }

  uids(): Iterable<string> {
    return this.#entries.keys();
  }

  /** What the other instances report of a plugin. */
  rows(plugin: string): PluginReport[] {
    const rows: PluginReport[] = [];
    for (const { report } of this.#entries.values()) {
      const row = report.get(plugin);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  /** The Leases that nobody has renewed for longer than their instance had announced. */
  silent(): SilentLease[] {
    const now = this.#options.clock.now();
    return [...this.#entries.values()].filter((entry) => now - entry.seenAt >= entry.silenceMs);
  }

  /** A silent Lease has been dealt with, which the watch has yet to show: its silence counts anew. */
  settled(uid: string): void {
    const known = this.#entries.get(uid);
    if (known !== undefined) known.seenAt = this.#options.clock.now();
  }

  /** What was reported before stands while a text can't be read: its instance will soon write it anew. */
  #decode(name: string, text: string | undefined, before: Report): Report {
    const report = decodeReport(text);
    if (report === undefined) {
      this.#options.logger.warn({ lease: name }, "a node's report can't be read, and is left out");
      return before;
    }
    return notAhead(report, this.#options.clock.wallTime());
  }

  #tell(before: Report, after: Report): void {
    for (const plugin of new Set([...before.keys(), ...after.keys()])) {
      if (!isDeepStrictEqual(before.get(plugin), after.get(plugin))) this.#options.onChange(plugin);
    }
  }
}

const nothing: Report = new Map();

/** The report with no error later than now: a node whose clock is ahead must not keep a plugin Degraded. */
function notAhead(report: Report, now: number): Report {
  return new Map(
    [...report].map(([plugin, row]) => {
      const lastErrors = row.lastErrors.map((error) => ({ ...error, time: Math.min(error.time, now) }));
      return [plugin, { ...row, lastErrors }];
    }),
  );
}
