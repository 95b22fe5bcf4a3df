import type { ControllerMetrics } from '../../observability/controller-metrics.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Attributes, Tracer } from '../../observability/tracing/tracer.ts';
import { outcomeOf } from './reconcile-errors.ts';
import { WorkQueue } from './workqueue.ts';
import { reconcileResults, type WorkQueueMetrics } from './workqueue-metrics.ts';
import type { Handler, WorkQueueOptions } from './workqueue-options.ts';

/** The longest back-off, in milliseconds, of a plugin or Pod that keeps failing. */
const maxDelayMs = 60_000;

/** What a work queue of the operator is. */
export interface QueueInput extends Pick<WorkQueueOptions, 'name' | 'concurrency' | 'flowOf'> {
  /** What a trace says of a key; the key by default. */
  readonly attributesOf?: (key: string) => Attributes;
}

/** Makes a work queue with what every queue of the operator has. */
export type CreateQueue = (input: QueueInput) => WorkQueue;

/** Queues with metrics, and with traces where there is a tracer. */
export function queuesWith({
  metrics,
  logger,
  tracing,
}: {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly tracing?: Tracer | undefined;
}): CreateQueue {
  return ({ attributesOf = (key) => ({ 'luaplugin.key': key }), ...input }) =>
    new WorkQueue({
      ...input,
      ...(tracing && { around: (handler) => tracedHandler(tracing, input.name, handler, attributesOf) }),
      maxDelayMs,
      logger,
      metrics: queueMetrics(metrics.controller, input.name),
    });
}

/**
 * A work queue's handler each of whose calls is a trace.
 * @param queue its name
 * @param attributesOf what tells the keys apart
 */
export function tracedHandler(
  tracer: Tracer,
  queue: string,
  handler: Handler,
  attributesOf: (key: string) => Attributes,
): Handler {
  return (key, signal) => {
    // What is neither a failure nor the end of retries is how things go: wait a while, somebody else was faster.
    const isError = (error: unknown) => ['failed', 'terminal'].includes(outcomeOf(error, signal).kind);
    const options = { isRoot: true, attributes: attributesOf(key), isError };
    return tracer.span(`reconcile ${queue}`, options, () => handler(key, signal));
  };
}

/** A work queue's numbers as Prometheus metrics; its series begin at zero. */
function queueMetrics(metrics: ControllerMetrics, queue: string): WorkQueueMetrics {
  for (const result of reconcileResults) metrics.reconciles.inc({ controller: queue, result }, 0);
  metrics.reconcileErrors.inc({ controller: queue }, 0);
  metrics.queueAdds.inc({ name: queue }, 0);
  metrics.queueRetries.inc({ name: queue }, 0);
  metrics.queueDepth.set({ name: queue }, 0);
  metrics.activeWorkers.set({ controller: queue }, 0);
  return {
    added: (name) => metrics.queueAdds.inc({ name }),
    depth: (name, keys) => metrics.queueDepth.set({ name }, keys),
    waited: (name, seconds) => metrics.queueDuration.observe({ name }, seconds),
    worked: (name, seconds) => {
      metrics.queueWorkDuration.observe({ name }, seconds);
      metrics.reconcileTime.observe({ controller: name }, seconds);
    },
    retried: (name) => metrics.queueRetries.inc({ name }),
    reconciled: (controller, result) => {
      metrics.reconciles.inc({ controller, result });
      if (result === 'error') metrics.reconcileErrors.inc({ controller });
    },
    activeWorkers: (controller, workers) => metrics.activeWorkers.set({ controller }, workers),
    followWork: (name, atWork) => metrics.followWork(name, atWork),
  };
}
