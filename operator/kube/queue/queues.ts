import type { Logger } from '../../observability/logging.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Attributes, Tracer } from '../../observability/tracing/tracer.ts';
import { queueMetrics } from './queue-metrics.ts';
import { tracedHandler } from './traced-handler.ts';
import { WorkQueue, type WorkQueueOptions } from './workqueue.ts';

/** The longest back-off, in milliseconds, of a plugin or Pod that keeps failing. */
const maxDelayMs = 60_000;

export interface QueueSurroundings {
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Absent: nothing is traced. */
  readonly tracing?: Tracer | undefined;
}

/** What a work queue of the operator is. */
export interface QueueInput extends Pick<WorkQueueOptions, 'name' | 'concurrency' | 'handler' | 'flowOf'> {
  /** What a trace says of a key; the key by default. */
  readonly attributesOf?: (key: string) => Attributes;
}

/** A work queue with the metrics that every queue of the operator has, and with traces where these are on. */
export function createQueue(
  { name, handler, attributesOf = (key) => ({ 'luaplugin.key': key }), ...rest }: QueueInput,
  { metrics, logger, tracing }: QueueSurroundings,
): WorkQueue {
  return new WorkQueue({
    ...rest,
    name,
    handler: tracing === undefined ? handler : tracedHandler(tracing, name, handler, attributesOf),
    maxDelayMs,
    logger,
    metrics: queueMetrics(metrics.controller, name),
  });
}
