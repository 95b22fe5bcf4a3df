import type { Clock } from '../kube/clock.ts';
import { type ApiError, describeError } from '../kube/errors.ts';
import type { EventInput, EventSubject } from '../kube/events.ts';
import type { Logger } from '../observability/logging.ts';
import type { PodAnnotations } from './annotations.ts';

export interface MirrorFaultsOptions {
  readonly recordEvent: (event: EventInput) => void;
  /** Has the Pods of a namespace looked at again. @returns how many there are */
  readonly onRetry: (namespace: string) => number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
}

/** How long, in milliseconds, a namespace where the mirror was refused is left without it. */
const pauseMs = 10 * 60_000;
/** How often, in milliseconds, is looked whether a pause is over. */
const lookMs = 60_000;

const whatToDo =
  "the policy's variable mirror has to allow what the config's mirror has (docs/administration.md, Mirrors)";

const noLabel =
  'this name of a workload can be no label: the Pod gets none for it, the annotation has it; others are told of at level debug';
const unfit =
  "this Pod can't take what the config has mirrored, and goes without; its annotations are right; others are told of at level debug";

interface Pause {
  /** When it is tried again, in milliseconds since the epoch. */
  until: number;
  /** One Pod may try: whether it passes tells about the others. */
  hasTrial: boolean;
}

/**
 * What keeps labels and other annotations of the mirror from being written: an API server that refuses them, by a
 * policy or a webhook, and names that can be no label. Told once; the operator's own annotations are written all the
 * same. A refusal is taken to hold for its namespace, and tried again with one Pod after ten minutes.
 */
export class MirrorFaults {
  readonly #options: MirrorFaultsOptions;
  /** By namespace. */
  readonly #pauses = new Map<string, Pause>();
  /** When each who refused was told of. */
  readonly #told = new Map<string, number>();
  readonly #toldOf = new Set<string>();

  constructor(options: MirrorFaultsOptions) {
    this.#options = options;
  }

  /** Whether a Pod may be written with its mirror now; asked when there is something to write. */
  mayWrite(namespace: string): boolean {
    return this.#pauses.get(namespace)?.hasTrial ?? true;
  }

  /** A Pod is about to be written with its mirror. */
  tries(namespace: string): void {
    const pause = this.#pauses.get(namespace);
    if (pause !== undefined) pause.hasTrial = false;
  }

  /** A write with the mirror was refused that passed without, or had nothing else to write. */
  refused({ namespace, name }: { namespace: string; name: string }, error: ApiError): void {
    const { clock, logger, recordEvent } = this.#options;
    // Where nobody forbids it, it is this Pod that can't take it: its annotations may be as large as they may be.
    if (error.status !== 403 && refuserIn(error.message) === '') {
      const pod = `${namespace}/${name}`;
      this.#tellOnce('unfit', { pod, error: describeError(error) }, unfit);
      return;
    }
    this.#pauses.set(namespace, { until: clock.now() + pauseMs, hasTrial: false });
    const refuser = refuserIn(error.message);
    if (this.#told.has(refuser)) return;
    this.#told.set(refuser, clock.now());
    const note =
      `${refuser || 'the API server'} refuses to have labels or annotations of the mirror written or removed; ` +
      "the operator's own annotations are written all the same";
    logger.warn({ pod: `${namespace}/${name}`, error: describeError(error) }, `${note}: ${whatToDo}`);
    recordEvent({
      regarding: subjectOf(error.message, namespace),
      type: 'Warning',
      reason: 'MirrorRefused',
      action: 'Annotate',
      note: `${note}: ${whatToDo}. First refused on Pod ${namespace}/${name}: ${describeError(error)}`,
    });
  }

  /** A write with the mirror passed. */
  passed(namespace: string): void {
    if (!this.#pauses.delete(namespace)) return;
    const { clock, logger, onRetry } = this.#options;
    // Where some Pods pass and others don't, neither is told of again and again.
    for (const [refuser, at] of this.#told) if (clock.now() - at >= pauseMs) this.#told.delete(refuser);
    logger.info({ namespace }, 'what the config has mirrored is written again');
    onRetry(namespace);
  }

  /** A Pod goes without the label of its workload's name. */
  omitted(
    { namespace, name }: { namespace: string; name: string },
    { name: workload }: PodAnnotations,
  ): void {
    this.#tellOnce('name', { pod: `${namespace}/${name}`, workload }, noLabel);
  }

  #tellOnce(about: 'name' | 'unfit', fields: object, text: string): void {
    this.#options.logger[this.#toldOf.has(about) ? 'debug' : 'warn'](fields, text);
    this.#toldOf.add(about);
  }

  /** Has namespaces tried again whose pause is over, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onRetry } = this.#options;
    for (;;) {
      await clock.sleep(lookMs, signal).catch(() => {});
      if (signal.aborted) return;
      for (const [namespace, pause] of [...this.#pauses]) {
        if (clock.now() < pause.until) continue;
        // Nobody needed the last trial, or there is nobody who could.
        if (pause.hasTrial || onRetry(namespace) === 0) this.#pauses.delete(namespace);
        else this.#pauses.set(namespace, { until: clock.now() + pauseMs, hasTrial: true });
      }
    }
  }
}

const policy = /ValidatingAdmissionPolicy '([^']+)'/;

/** As in `pods "web" is forbidden: ValidatingAdmissionPolicy 'x' with binding 'y' denied request: ...`. */
function refuserIn(message: string): string {
  return (policy.exec(message) ?? /admission webhook "[^"]+"/.exec(message))?.[0] ?? '';
}

/** What the Event is about: something that is in no namespace, since the operator may write Events about such only. */
function subjectOf(message: string, namespace: string): EventSubject {
  const name = policy.exec(message)?.[1];
  return name === undefined
    ? { apiVersion: 'v1', kind: 'Namespace', name: namespace }
    : { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', name };
}
