import { FileCertificates } from '../../certificates/file-source.ts';
import { CertificateKeeper } from '../../certificates/keeper.ts';
import { OwnCertificate } from '../../certificates/own-certificate.ts';
import type { OperatorConfig } from '../../config/options.ts';
import type { KubeClient } from '../../kube/client/client.ts';
import type { HealthCheck } from '../../observability/health.ts';
import type { Logger } from '../../observability/logging.ts';
import { type Clock, type Random, systemClock } from '../../time/clock.ts';
import type { MetricsPage } from '../http/metrics-page.ts';
import { Gate } from './gate.ts';
import { metricsPath, SecureMetricsServer } from './server.ts';
import { reviewToken } from './token-review.ts';

export interface SecureMetricsOptions {
  readonly config: OperatorConfig['http']['secureMetrics'];
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  readonly page: MetricsPage;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The Service in config/base. */
const serviceName = 'lua-plugin-operator-metrics';
/** How often, in milliseconds, the certificate is looked at. */
const lookMs = 10_000;

/** /metrics for those only who may read it: the server, its certificate, and who asks the API server about callers. */
export class SecureMetrics {
  readonly #gate: Gate;
  readonly #server: SecureMetricsServer;
  readonly #keeper: CertificateKeeper;

  constructor(options: SecureMetricsOptions) {
    const { config, client, namespace, page, logger, clock = systemClock, random = Math.random } = options;
    const gate = new Gate({ review: (token) => reviewToken(client, token, metricsPath), clock, logger });
    const server = new SecureMetricsServer({
      address: config.address,
      page,
      admit: (authorization) => gate.admit(authorization),
      logger,
    });
    this.#gate = gate;
    this.#server = server;
    const names = ['svc', 'svc.cluster.local'].map((end) => `${serviceName}.${namespace}.${end}`);
    this.#keeper = new CertificateKeeper({
      of: 'the metrics endpoint',
      source:
        config.certDirectory === undefined
          ? new OwnCertificate(serviceName, names, clock)
          : new FileCertificates(config.certDirectory),
      use: (pair) => server.use(pair),
      clock,
      random,
      logger,
      lookMs,
    });
  }

  /** For /readyz. Pods are annotated whether anybody can read the metrics or not, so what is wrong here is a note. */
  get check(): HealthCheck {
    const note = () =>
      [this.#keeper.note, this.#gate.problem].filter((part) => part !== undefined).join('; ');
    return { name: 'metrics', check: () => this.#keeper.problem, note };
  }

  /**
   * Listens; `run` gets the certificate.
   * @returns the port
   * @throws when the address can't be had, naming it
   */
  start(): Promise<number> {
    return this.#server.start();
  }

  /** Looks after the certificate until the signal aborts, then ends the server. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#keeper.run(signal);
    await this.#server.stop();
  }
}
