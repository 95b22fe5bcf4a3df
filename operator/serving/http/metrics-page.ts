import type { Registry } from 'prom-client';

/** The share of the operator's time that goes into /metrics at the most. */
const share = 0.1;

/** What /metrics answers: all series of a registry, in Prometheus' text format. */
export class MetricsPage {
  readonly #registry: Registry;
  /** The last one, and until when, on performance's clock, it is handed out. */
  #scrape: { readonly text: Promise<string>; readonly staleAt: number } | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** With many plugins it takes time, and many may ask: so soon after one scrape it is the same text. */
  async text(): Promise<string> {
    if (this.#scrape !== undefined && performance.now() < this.#scrape.staleAt)
      return await this.#scrape.text;
    const begun = performance.now();
    const scrape = { text: this.#registry.metrics(), staleAt: Number.POSITIVE_INFINITY };
    this.#scrape = scrape;
    try {
      return await scrape.text;
    } finally {
      scrape.staleAt = begun + (performance.now() - begun) / share;
    }
  }
}
