import type { ControllerMetrics } from '../../observability/controller-metrics.ts';
import { reconcileResults, type WorkQueueMetrics } from './workqueue-metrics.ts';

/** A work queue's numbers as Prometheus metrics; its series begin at zero. */
export function queueMetrics(metrics: ControllerMetrics, queue: string): WorkQueueMetrics {
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
