import { type ApiError, describeError } from '../../kube/client/errors.ts';
import type { EventInput } from '../../kube/events/events.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Clock } from '../../time/clock.ts';
import { endNote, type RefusalTexts, refusalNote } from './refusal-texts.ts';
import type { RefusablePod, RefusalListener, RefusedCount } from './refused-pods.ts';
import type { Refuser } from './refuser.ts';

export interface RefusalReportOptions {
  readonly texts: RefusalTexts;
  readonly recordEvent: (event: EventInput) => void;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
}

/** Events for so many namespaces of one who refuses; in all others it is the same. */
const eventNamespaces = 50;
/**
 * The API server keeps an Event for an hour. After so many milliseconds the next refused try is another one; tries are
 * ten minutes apart at the most, so there are two an hour at the least.
 */
const eventMs = 1_200_000;
/** The log names so many of the namespaces. */
const namedNamespaces = 10;
/** How often, in milliseconds, the log says that somebody refuses still. */
const repeatMs = 3_600_000;
/** Who refuses again sooner than so many milliseconds after the log's last line about it gets none. */
const quietMs = 600_000;

/** Somebody refuses, in some namespaces. */
interface Incident {
  readonly refuser: Refuser;
  readonly namespaces: Set<string>;
  /** By namespace that has Events: when the last one was recorded, in the clock's milliseconds. */
  readonly eventAt: Map<string, number>;
  /** Refused writes. */
  writes: number;
  /** Its beginning had a line, so its end deserves one. */
  isTold: boolean;
}

/** Says who refuses: in the log when it begins, hourly while it lasts and when it ends; and in Events about the namespaces. */
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
    const { clock, logger, texts } = this.#options;
    let incident = this.#incidents.get(refuser.name);
    const text = `${refuser.name} refuses ${texts.what}`;
    const pod = `${namespace}/${name}`;
    const fields = { refuser: refuser.name, namespace, pod, error: describeError(error) };
    if (incident === undefined) {
      incident = {
        refuser,
        namespaces: new Set(),
        eventAt: new Map(),
        writes: 0,
        isTold: !this.#toldAt.has(refuser.name),
      };
      this.#incidents.set(refuser.name, incident);
      if (incident.isTold) this.#toldAt.set(refuser.name, clock.now());
      logger[incident.isTold ? 'warn' : 'debug'](fields, `${text}: ${texts.advice}`);
    } else {
      logger.debug(fields, text);
    }
    incident.writes += 1;
    incident.namespaces.add(namespace);
    const { eventAt } = incident;
    const at = eventAt.get(namespace);
    if (at === undefined ? eventAt.size >= eventNamespaces : clock.now() - at < eventMs) return;
    eventAt.set(namespace, clock.now());
    const cause = `Refused on Pod ${pod}: ${describeError(error)}`;
    this.#record(namespace, refuser, {
      type: 'Warning',
      reason: texts.reason,
      note: refusalNote(refuser.name, texts, cause),
    });
  }

  ended(namespace: string, refuser: string): void {
    const incident = this.#incidents.get(refuser);
    if (incident === undefined || !incident.namespaces.delete(namespace)) return;
    const { logger, texts } = this.#options;
    if (incident.eventAt.delete(namespace)) {
      const note = endNote(refuser, texts);
      this.#record(namespace, incident.refuser, { type: 'Normal', reason: texts.endReason, note });
    }
    if (incident.namespaces.size > 0) return;
    this.#incidents.delete(refuser);
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
      const someNamespaces = [...incident.namespaces].slice(0, namedNamespaces);
      const fields = { refuser, refusedWrites: incident.writes, ...counts().get(refuser), someNamespaces };
      logger.warn(fields, `${refuser} still refuses ${texts.what}: ${texts.advice}`);
    }
  }

  #record(
    namespace: string,
    { name, object }: Refuser,
    event: Pick<EventInput, 'type' | 'reason' | 'note'>,
  ): void {
    this.#options.recordEvent({
      regarding: { apiVersion: 'v1', kind: 'Namespace', name: namespace },
      ...(object === undefined ? {} : { related: object }),
      // Of a webhook, RBAC or the API server there is no object.
      distinction: name,
      action: 'Annotate',
      ...event,
    });
  }
}
