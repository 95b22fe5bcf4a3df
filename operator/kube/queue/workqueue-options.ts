import type { Logger } from '../../observability/logging.ts';
import type { Clock, Random } from '../../time/clock.ts';
import type { WorkQueueMetrics } from './workqueue-metrics.ts';

/**
 * Brings what the key stands for to its wanted state, whatever happened to it. Throws RetryAfterError, TerminalError or
 * anything else. Should end at once when the signal aborts: the queue has ended, and waits.
 */
export type Handler = (key: string, signal: AbortSignal) => Promise<void>;

export interface WorkQueueOptions {
  /** Names the queue in logs and metrics. */
  readonly name: string;
  /** Handlers at a time. */
  readonly concurrency: number;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Delay of a key's first retry, in milliseconds, doubled with each failure in a row; 5 by default. */
  readonly baseDelayMs?: number;
  /** The longest back-off of a key, in milliseconds; when many fail, their retries' common pace may be slower. */
  readonly maxDelayMs: number;
  /**
   * Keys of one priority take turns by what this says of them, and slow ones leave workers to the others, as Places has
   * it; by default all are handled as they came.
   */
  readonly flowOf?: (key: string) => string;
  /** Goes around each handler: traces it. */
  readonly around?: (handler: Handler) => Handler;
  readonly metrics?: WorkQueueMetrics;
}

/** How a key is added. */
export interface AddOptions {
  /** Higher goes first, but every fifth turn is that of a lower one; 0 by default. */
  readonly priority?: number;
  /**
   * What is new may be what the key failed for want of: it does not wait for its back-off, only for the pace that the
   * queue's retries have together. By default the back-off holds, whoever adds the key.
   */
  readonly atOnce?: boolean;
}
