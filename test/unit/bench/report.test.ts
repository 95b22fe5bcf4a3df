import { expect } from 'chai';
import { barText } from '../../bench/operator/bar.ts';
import { inParallel, range } from '../../bench/operator/parallel.ts';
import { Scrape } from '../../bench/operator/scrape.ts';
import { figure, table } from '../../bench/operator/table.ts';

describe('what the benchmark prints', () => {
  it('is a table as wide as its widest cells, numbers to the right', () => {
    const lines = table(
      'Title',
      ['kind', 'writes'],
      [
        ['merge', '7'],
        ['strategic', '1,000'],
      ],
    ).split('\n');
    expect(lines).to.deep.equal([
      'Title',
      '  kind       writes',
      '  merge           7',
      '  strategic   1,000',
    ]);
  });

  it('has numbers as a person reads them', () => {
    expect(figure(100_000)).to.equal('100,000');
    expect(figure(1.005, 1)).to.equal('1.0');
  });

  it('says while it goes on how far it is and how long it will take', () => {
    expect(barText('creating Pods', 2_500, 10_000, 14_000)).to.equal(
      'creating Pods  [######..................] 2,500 of 10,000, 42 s left',
    );
    expect(barText('creating Pods', 0, 10_000, 10)).to.equal(
      'creating Pods  [........................] 0 of 10,000',
    );
  });
});

describe('what the benchmark reads from /metrics', () => {
  const scrape = new Scrape(
    [
      '# HELP x y',
      'x{a="b"} 3',
      'x_total 4',
      'h_bucket{le="0.5"} 1',
      'h_bucket{le="+Inf"} 2',
      'h_count 2',
    ].join('\n'),
  );

  it('is the value of one series', () => {
    expect(scrape.value('x{a="b"}')).to.equal(3);
    expect(scrape.value('x_total')).to.equal(4);
    expect(() => scrape.value('x')).to.throw('/metrics has no x');
  });

  it('is the buckets of a histogram', () => {
    const buckets = [
      { le: 0.5, count: 1 },
      { le: Number.POSITIVE_INFINITY, count: 2 },
    ];
    expect(scrape.buckets('h')).to.deep.equal(buckets);
  });
});

describe('work in parallel', () => {
  it('is done on every item, never on more than so many at a time', async () => {
    const done: number[] = [];
    let active = 0;
    let most = 0;
    await inParallel(range(3, 20), 4, async (item) => {
      most = Math.max(most, ++active);
      await Promise.resolve();
      active -= 1;
      done.push(item);
    });
    expect(done.toSorted((a, b) => a - b)).to.deep.equal([...range(3, 20)]);
    expect(most).to.equal(4);
  });
});
