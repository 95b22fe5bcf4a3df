import type { EventInput } from '../../kube/events/events.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Clock, Random } from '../../time/clock.ts';
import { RefusalReport } from './refusal-report.ts';
import { mirrorTexts, type RefusalTexts, writeTexts } from './refusal-texts.ts';
import { RefusedPods, type RetryQueue } from './refused-pods.ts';

export interface RefusalsOptions {
  readonly recordEvent: (event: EventInput) => void;
  readonly clock: Clock;
  readonly random?: Random;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'debug'>;
}

/** What the API server refuses to have written on Pods: the operator's annotations, or only what is mirrored. */
export class Refusals {
  readonly writes: RefusedPods;
  readonly mirror: RefusedPods;

  constructor(options: RefusalsOptions) {
    const refusedPods = (texts: RefusalTexts) =>
      new RefusedPods({ ...options, listener: new RefusalReport({ ...options, texts }) });
    this.writes = refusedPods(writeTexts);
    this.mirror = refusedPods(mirrorTexts);
  }

  /** Says where Pods are queued that wait no longer: before run(). */
  queueTo(queue: RetryQueue): void {
    this.writes.queueTo(queue);
    this.mirror.queueTo(queue);
  }

  /** A Pod is gone, or nothing is to be written to it. */
  forget(pod: { readonly namespace: string; readonly uid: string }): void {
    this.writes.forget(pod);
    this.mirror.forget(pod);
  }

  /** Lets Pods try whose turn it is, until the signal aborts. Whoever waits when it begins is queued. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.writes.run(signal), this.mirror.run(signal)]);
  }
}
