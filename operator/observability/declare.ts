import { Counter, Gauge, type GaugeConfiguration, Histogram, type Registry } from 'prom-client';

/**
 * Short forms of prom-client's constructors for one registry: name, help, label names, and for a histogram its
 * bounds. A name that is taken, or a missing help, throws at once.
 */
export function declare(registry: Registry) {
  const registers = [registry];
  return {
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter<L>({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge<L>({ name, help, labelNames, registers }),
    histogram: <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
      new Histogram<L>({ name, help, labelNames, buckets, registers }),
  };
}

/** A gauge that keeps its values to itself for a while: it has no series then. */
export class PartTimeGauge<L extends string> extends Gauge<L> {
  readonly #isShown: () => boolean;

  constructor(configuration: GaugeConfiguration<L>, isShown: () => boolean) {
    super(configuration);
    this.#isShown = isShown;
  }

  override async get() {
    const metric = await super.get();
    return this.#isShown() ? metric : { ...metric, values: [] };
  }
}
