/** How one reconciliation ended; the label values of controller_runtime_reconcile_total. */
export const reconcileResults = ['success', 'requeue_after', 'requeue', 'error'] as const;
export type ReconcileResult = (typeof reconcileResults)[number];

/** What a work queue reports; each line names the metric it feeds. `queue` is the queue's name. */
export interface WorkQueueMetrics {
  /** workqueue_adds_total */
  added(queue: string): void;
  /** workqueue_depth: keys that wait for a worker. */
  depth(queue: string, keys: number): void;
  /** workqueue_queue_duration_seconds: how long a key waited for a worker. */
  waited(queue: string, seconds: number): void;
  /** workqueue_work_duration_seconds, controller_runtime_reconcile_time_seconds. */
  worked(queue: string, seconds: number): void;
  /** workqueue_retries_total: keys that will be handled again later. */
  retried(queue: string): void;
  /** controller_runtime_reconcile_total; `error` also counts for controller_runtime_reconcile_errors_total. */
  reconciled(queue: string, result: ReconcileResult): void;
  /** controller_runtime_active_workers */
  activeWorkers(queue: string, workers: number): void;
  /**
   * workqueue_unfinished_work_seconds, workqueue_longest_running_processor_seconds: computed when they are asked for.
   * @param atWork for how many seconds each handler has been at work that has not ended
   */
  followWork(queue: string, atWork: () => number[]): void;
}

/** For queues that nobody measures. */
export const noMetrics: WorkQueueMetrics = {
  added: () => {},
  depth: () => {},
  waited: () => {},
  worked: () => {},
  retried: () => {},
  reconciled: () => {},
  activeWorkers: () => {},
  followWork: () => {},
};
