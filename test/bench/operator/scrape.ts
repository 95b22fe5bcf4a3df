import type { Bucket } from './statistics.ts';

/** One answer of /metrics, in Prometheus' text format. */
export class Scrape {
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  /** The value of one series, written as it is there: `name{label="value"}`. @throws when it is not there */
  value(series: string): number {
    const line = this.#lines.find((one) => one.startsWith(`${series} `));
    if (line === undefined) throw new Error(`/metrics has no ${series}`);
    return Number(line.slice(series.length + 1));
  }

  /** The buckets of a histogram without labels, in rising order. */
  buckets(histogram: string): Bucket[] {
    return this.#lines.flatMap((line) => {
      const match = /^(\w+)_bucket\{le="([^"]+)"\} (\d+)$/.exec(line);
      if (match?.[1] !== histogram) return [];
      return {
        le: match[2] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[2]),
        count: Number(match[3]),
      };
    });
  }
}
