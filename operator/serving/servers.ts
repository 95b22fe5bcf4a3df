import type { Registry } from 'prom-client';
import { Webhook } from '../admission/webhook.ts';
import type { OperatorConfig } from '../config/config.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { HealthCheck } from '../observability/health.ts';
import type { Logger } from '../observability/logging.ts';
import { HttpServer } from './http/http-server.ts';
import { MetricsPage } from './http/metrics-page.ts';
import { SecureMetrics } from './secure-metrics/secure-metrics.ts';

export interface ServersOptions {
  readonly config: OperatorConfig;
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  readonly registry: Registry;
  /** For /healthz. */
  readonly liveness: readonly HealthCheck[];
  /** For /readyz; the servers add their own. */
  readonly readiness: readonly HealthCheck[];
  readonly logger: Logger;
}

/** What others can ask the operator: probes, metrics, and the webhook. */
export class Servers {
  readonly #http: HttpServer;
  /** Those that have a certificate: each runs for itself. */
  readonly secure: readonly (Webhook | SecureMetrics)[];

  constructor({ config, client, namespace, registry, liveness, readiness, logger }: ServersOptions) {
    const { webhook, http } = config;
    const page = new MetricsPage(registry);
    const common = { client, namespace, logger };
    this.secure = [
      ...(webhook.enabled ? [new Webhook({ ...common, config, registry })] : []),
      ...(http.secureMetrics.enabled
        ? [new SecureMetrics({ ...common, config: http.secureMetrics, page })]
        : []),
    ];
    this.#http = new HttpServer({
      address: http.address,
      metrics: http.secureMetrics.enabled ? undefined : page,
      liveness: [{ name: 'ping', check: () => undefined }, ...liveness],
      readiness: [...readiness, ...this.secure.map(({ check }) => check)],
      logger,
    });
  }

  /**
   * Listens; the secure ones get their certificates as they run.
   * @throws when an address can't be had, naming it
   */
  async start(): Promise<void> {
    await this.#http.start();
    for (const server of this.secure) await server.start();
  }

  /** Ends the server of the probes, which tells of all else. May be called twice. */
  stop(): Promise<void> {
    return this.#http.stop();
  }
}
