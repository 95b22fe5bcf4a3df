/** Each bucket is this much wider than the one before: a quantile is off by half a percent at most. */
const growth = 1.01;
const smallestSeconds = 1e-8;

/** Counts times in buckets, so that any number of them takes the same memory. */
export class Latencies {
  readonly #counts: number[] = [];
  #total = 0;

  add(seconds: number): void {
    const bucket = Math.max(0, Math.round(Math.log(seconds / smallestSeconds) / Math.log(growth)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** The time, in seconds, that a share of all is not above. @param share from 0 to 1 @returns 0 when there is none */
  quantile(share: number): number {
    let left = share * this.#total;
    for (const [bucket, count = 0] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return smallestSeconds * growth ** bucket;
    }
    return 0;
  }
}
