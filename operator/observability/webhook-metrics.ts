import type { Registry } from 'prom-client';
import { declare } from './declare.ts';

/** Seconds; a review without Lua takes a millisecond, and the API server waits for five seconds. */
const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The metrics of an admission webhook, under controller-runtime's names and labels; `webhook` is its path.
 * Source: pkg/webhook/internal/metrics of sigs.k8s.io/controller-runtime.
 */
export class WebhookMetrics {
  readonly latency;
  readonly requests;
  readonly inFlight;

  /** @param webhook the path whose series are there from the start */
  constructor(registry: Registry, webhook: string) {
    const { counter, gauge, histogram } = declare(registry);
    this.latency = histogram(
      'controller_runtime_webhook_latency_seconds',
      'Time of one admission request.',
      ['webhook'],
      latencyBuckets,
    );
    this.requests = counter(
      'controller_runtime_webhook_requests_total',
      'Admission requests by the HTTP code of their answer.',
      ['webhook', 'code'],
    );
    this.inFlight = gauge('controller_runtime_webhook_requests_in_flight', 'Admission requests under way.', [
      'webhook',
    ]);
    for (const code of ['200', '500']) this.requests.inc({ webhook, code }, 0);
    this.latency.zero({ webhook });
    this.inFlight.set({ webhook }, 0);
  }
}
