import type { Registry } from 'prom-client';
import { CaBundle } from '../certificates/ca-bundle.ts';
import { FileCertificates } from '../certificates/file-source.ts';
import { CertificateKeeper } from '../certificates/keeper.ts';
import { SecretCertificates } from '../certificates/secret-source.ts';
import type { CertificateSource } from '../certificates/source.ts';
import type { OperatorConfig } from '../config/options.ts';
import type { KubeClient } from '../kube/client/client.ts';
import type { HealthCheck } from '../observability/health.ts';
import type { Logger } from '../observability/logging.ts';
import { WebhookMetrics } from '../observability/webhook-metrics.ts';
import { SandboxHost } from '../sandbox/host-client.ts';
import { warmUp } from '../sandbox/warm-up.ts';
import { type Clock, type Random, systemClock } from '../time/clock.ts';
import { ReviewSandbox } from './review-sandbox.ts';
import { Reviewer } from './reviewer.ts';
import { AdmissionServer, webhookPath } from './server.ts';

export interface WebhookOptions {
  readonly config: Pick<OperatorConfig, 'webhook' | 'sandbox' | 'allowedTypes' | 'nodeName'>;
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  /** Where its metrics go. */
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** The name in config/webhook. */
const webhookName = 'validate.luaplugin.dev';
/** What scripts under review may take together; more is left to the sandbox that serves. */
const reviewMemoryBytes = 64 * 2 ** 20;
/** How often, in milliseconds, the certificate is looked at. */
const lookMs = 10_000;
/** The same where each node has an instance, and the API server all of their questions. */
const nodeLookMs = 300_000;

/** The validating webhook: its server, its certificate, and the sandbox for the scripts it is shown. */
export class Webhook {
  readonly #server: AdmissionServer;
  readonly #keeper: CertificateKeeper;
  readonly #sandbox: ReviewSandbox;

  constructor(options: WebhookOptions) {
    const { config, registry, logger, clock = systemClock, random = Math.random } = options;
    const { allowedTypes } = config;
    this.#sandbox = new ReviewSandbox({
      create: () =>
        new SandboxHost({
          logger: logger.child({ sandbox: 'reviews' }),
          workers: 1,
          memoryBytes: Math.min(config.sandbox.memoryBytes, reviewMemoryBytes),
          allowedTypes: allowedTypes.length > 0 ? allowedTypes : undefined,
        }),
      warmUp,
      clock,
    });
    const reviewer = new Reviewer({ sandbox: this.#sandbox });
    const server = new AdmissionServer({
      address: config.webhook.address,
      review: (request, budgetMs) => reviewer.review(request, budgetMs),
      metrics: new WebhookMetrics(registry, webhookPath),
      clock,
      logger,
    });
    this.#server = server;
    const source = certificatesOf({ ...options, clock, random });
    this.#keeper = new CertificateKeeper({
      of: 'the webhook',
      source,
      use: (pair) => server.use(pair),
      clock,
      random,
      logger,
      lookMs: config.nodeName === undefined ? lookMs : nodeLookMs,
    });
  }

  /** For /readyz: not ready before it is known whether there is a certificate; later, its state is a note. */
  get check(): HealthCheck {
    return { name: 'webhook', check: () => this.#keeper.problem, note: () => this.#keeper.note };
  }

  /**
   * Listens; `run` gets the certificate.
   * @returns the port
   * @throws when the address can't be had, naming it
   */
  start(): Promise<number> {
    return this.#server.start();
  }

  /** Looks after the certificate until the signal aborts, then ends the server and the sandbox. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#keeper.run(signal);
    await Promise.all([this.#server.stop(), this.#sandbox.stop()]);
  }
}

function certificatesOf(
  options: WebhookOptions & { readonly clock: Clock; readonly random: Random },
): CertificateSource {
  const { config, client, namespace, clock, random } = options;
  const { certDirectory, name } = config.webhook;
  if (certDirectory !== undefined) return new FileCertificates(certDirectory);
  const caBundle = new CaBundle({ client, configuration: name, webhook: webhookName });
  return new SecretCertificates({ client, namespace, name: `${name}-webhook`, caBundle, clock, random });
}
