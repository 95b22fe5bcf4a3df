import type { Clock } from '../kube/clock.ts';
import { type ApiError, describeError } from '../kube/errors.ts';
import type { EventInput } from '../kube/events.ts';
import type { Logger } from '../observability/logging.ts';
import type { RefusablePod, RefusalListener, RefusedCount } from './refused-pods.ts';
import type { Refuser } from './refuser.ts';

/** What people are told. */
export interface RefusalTexts {
  /** The Events' reason, in CamelCase. */
  readonly reason: string;
  /** After who it is: `refuses ...`. */
  readonly what: string;
  /** What follows from it, and what to do. */
  readonly advice: string;
}

export interface RefusalReportOptions {
  readonly texts: RefusalTexts;
  readonly recordEvent: (event: EventInput) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
}

/** An Event each for so many namespaces of one who refuses; in all others it is the same. */
const eventNamespaces = 50;
/** How often, in milliseconds, the log says that somebody refuses still. */
const repeatMs = 3_600_000;
/** Who refuses again sooner than so many milliseconds after the log's last line about it gets none. */
const quietMs = 600_000;

/** Somebody refuses, in some namespaces. */
interface Incident {
  readonly namespaces: Set<string>;
  /** Refused writes. */
  writes: number;
  /** Its beginning had a line, so its end deserves one. */
  isTold: boolean;
}

/** Says who refuses: in the log when it begins, hourly while it lasts and when it ends; and in Events of the namespaces. */
export class RefusalReport implements RefusalListener {
  readonly #options: RefusalReportOptions;
  /** By refuser. */
  readonly #incidents = new Map<string, Incident>();
  /** By refuser: when the log had its last line, in the clock's milliseconds. */
  readonly #toldAt = new Map<string, number>();

  constructor(options: RefusalReportOptions) {
    this.#options = options;
  }

  refused({ namespace, name }: RefusablePod, refuser: Refuser, error: ApiError): void {
    const { clock, logger, recordEvent, texts } = this.#options;
    let incident = this.#incidents.get(refuser.name);
    const text = `${refuser.name} refuses ${texts.what}`;
    const pod = `${namespace}/${name}`;
    const fields = { refuser: refuser.name, namespace, pod, error: describeError(error) };
    if (incident === undefined) {
      incident = { namespaces: new Set(), writes: 0, isTold: !this.#toldAt.has(refuser.name) };
      this.#incidents.set(refuser.name, incident);
      if (incident.isTold) this.#toldAt.set(refuser.name, clock.now());
      logger[incident.isTold ? 'warn' : 'debug'](fields, `${text}: ${texts.advice}`);
    } else {
      logger.debug(fields, text);
    }
    incident.writes += 1;
    if (incident.namespaces.has(namespace)) return;
    incident.namespaces.add(namespace);
    if (incident.namespaces.size > eventNamespaces) return;
    recordEvent({
      regarding: { apiVersion: 'v1', kind: 'Namespace', name: namespace },
      ...(refuser.object === undefined ? {} : { related: refuser.object }),
      type: 'Warning',
      reason: texts.reason,
      action: 'Annotate',
      note: `${text}: ${texts.advice}. First refused on Pod ${pod}: ${describeError(error)}`,
    });
  }

  ended(namespace: string, refuser: string): void {
    const incident = this.#incidents.get(refuser);
    if (incident === undefined || !incident.namespaces.delete(namespace)) return;
    if (incident.namespaces.size > 0) return;
    this.#incidents.delete(refuser);
    const { logger, texts } = this.#options;
    const fields = { refuser, refusedWrites: incident.writes };
    const text = `no Pod waits any more for ${refuser}, which refused ${texts.what}`;
    logger[incident.isTold ? 'info' : 'debug'](fields, text);
  }

  look(counts: () => ReadonlyMap<string, RefusedCount>): void {
    const { clock, logger, texts } = this.#options;
    for (const [refuser, at] of this.#toldAt) {
      const incident = this.#incidents.get(refuser);
      const age = clock.now() - at;
      if (incident === undefined && age >= quietMs) this.#toldAt.delete(refuser);
      if (incident === undefined || age < (incident.isTold ? repeatMs : quietMs)) continue;
      incident.isTold = true;
      this.#toldAt.set(refuser, clock.now());
      const fields = { refuser, refusedWrites: incident.writes, ...counts().get(refuser) };
      logger.warn(fields, `${refuser} still refuses ${texts.what}: ${texts.advice}`);
    }
  }
}
