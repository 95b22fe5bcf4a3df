import { Gauge, type Registry } from 'prom-client';
import { declare } from './declare.ts';

/** controller-runtime's bounds, so that its dashboards show the same. */
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];
/** client-go's, as Kubernetes' components have them (k8s.io/component-base/metrics/prometheus/restclient). */
const requestBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const reconcileBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The metrics every controller has, under controller-runtime's and client-go's names and help texts.
 * Source: pkg/internal/controller/metrics and pkg/internal/metrics of sigs.k8s.io/controller-runtime.
 */
export class ControllerMetrics {
  readonly reconciles;
  readonly reconcileErrors;
  readonly reconcileTime;
  readonly activeWorkers;
  readonly queueDepth;
  readonly queueAdds;
  readonly queueDuration;
  readonly queueWorkDuration;
  readonly queueRetries;
  readonly restRequests;
  readonly restDuration;
  /** By queue: for how many seconds each handler has been at work that has not ended. */
  readonly #work = new Map<string, () => number[]>();
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
    const { counter, gauge, histogram } = declare(registry);
    const controller = ['controller'] as const;
    const name = ['name'] as const;
    this.reconciles = counter('controller_runtime_reconcile_total', 'Reconciliations per controller.', [
      'controller',
      'result',
    ]);
    this.reconcileErrors = counter(
      'controller_runtime_reconcile_errors_total',
      'Reconciliations per controller that ended in an error.',
      controller,
    );
    this.reconcileTime = histogram(
      'controller_runtime_reconcile_time_seconds',
      'Time of one reconciliation per controller.',
      controller,
      reconcileBuckets,
    );
    this.activeWorkers = gauge(
      'controller_runtime_active_workers',
      'Workers of a controller that are busy now.',
      controller,
    );
    this.queueDepth = gauge('workqueue_depth', 'Keys that wait in the queue.', name);
    this.queueAdds = counter('workqueue_adds_total', 'Keys that entered the queue.', name);
    this.queueDuration = histogram(
      'workqueue_queue_duration_seconds',
      'Time a key waits in the queue.',
      name,
      queueBuckets,
    );
    this.queueWorkDuration = histogram(
      'workqueue_work_duration_seconds',
      'Time a key is worked on.',
      name,
      queueBuckets,
    );
    this.queueRetries = counter('workqueue_retries_total', 'Keys that entered the queue again.', name);
    const work = this.#work;
    new Gauge({
      name: 'workqueue_unfinished_work_seconds',
      help: 'Seconds of work that is under way, of all workers together.',
      labelNames: name,
      registers: [registry],
      collect() {
        for (const [queue, seconds] of work) {
          this.set(
            { name: queue },
            seconds().reduce((sum, one) => sum + one, 0),
          );
        }
      },
    });
    new Gauge({
      name: 'workqueue_longest_running_processor_seconds',
      help: 'How long the worker has been at work that has been longest.',
      labelNames: name,
      registers: [registry],
      collect() {
        for (const [queue, seconds] of work) this.set({ name: queue }, Math.max(0, ...seconds()));
      },
    });
    this.restRequests = counter('rest_client_requests_total', 'Requests to the API server.', [
      'code',
      'method',
      'host',
    ]);
    this.restDuration = histogram(
      'rest_client_request_duration_seconds',
      'Time of a call to the API server, from when it is made to its end; watches do not count.',
      ['verb', 'host'],
      requestBuckets,
    );
  }

  /** Shows, at each scrape, how long a queue's handlers have been at work. */
  followWork(queue: string, atWork: () => number[]): void {
    this.#work.set(queue, atWork);
  }

  /** Shows, at each scrape, whether this instance leads. */
  followLeader(name: string, isLeader: () => boolean): void {
    new Gauge({
      name: 'leader_election_master_status',
      help: '1 while this instance leads, else 0.',
      labelNames: ['name'],
      registers: [this.#registry],
      collect() {
        this.set({ name }, isLeader() ? 1 : 0);
      },
    });
  }
}
