import type { Attributes, Tracer } from '../../observability/tracing/tracer.ts';
import { outcomeOf } from './reconcile-errors.ts';
import type { WorkQueueOptions } from './workqueue.ts';

type Handler = WorkQueueOptions['handler'];

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
