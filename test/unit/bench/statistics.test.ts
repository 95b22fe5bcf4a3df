import { expect } from 'chai';
import { bucketsSince, histogramQuantile, median, percentile } from '../../bench/operator/statistics.ts';

describe('the statistics of the benchmark', () => {
  it('give the middle one, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).to.equal(2);
    expect(median([4, 1, 3, 2])).to.equal(2.5);
    expect(median([])).to.be.NaN;
  });

  it('give a percentile between the two values that it lies between', () => {
    const hundred = Array.from({ length: 101 }, (_none, index) => index);
    expect(percentile(hundred, 99)).to.equal(99);
    expect(percentile([10, 20], 75)).to.equal(17.5);
    expect(percentile([10, 20], 0)).to.equal(10);
    expect(percentile([10, 20], 100)).to.equal(20);
    expect(percentile([7], 99)).to.equal(7);
  });

  it('give a quantile of a histogram as Prometheus does', () => {
    const buckets = [
      { le: 0.1, count: 50 },
      { le: 0.2, count: 90 },
      { le: 1, count: 90 },
      { le: Number.POSITIVE_INFINITY, count: 100 },
    ];
    expect(histogramQuantile(buckets, 0.25)).to.be.closeTo(0.05, 1e-9);
    expect(histogramQuantile(buckets, 0.7)).to.be.closeTo(0.15, 1e-9);
    expect(histogramQuantile(buckets, 0.9)).to.be.closeTo(0.2, 1e-9);
    expect(histogramQuantile(buckets, 0.99), 'past the last bound').to.equal(1);
    expect(histogramQuantile([{ le: Number.POSITIVE_INFINITY, count: 0 }], 0.5)).to.be.NaN;
  });

  it('count in a histogram only what came after the first reading', () => {
    const before = [{ le: 1, count: 5 }];
    const after = [{ le: 1, count: 7 }];
    expect(bucketsSince(before, after)).to.deep.equal([{ le: 1, count: 2 }]);
  });
});
