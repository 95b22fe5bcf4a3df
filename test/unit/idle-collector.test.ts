import { expect } from 'chai';
import { IdleCollector } from '../../operator/process/idle-collector.ts';
import { ManualClock } from './support/clock.ts';

const mebibyte = 2 ** 20;

describe('the collector of garbage', () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  let bytes = 0;
  let cpuMs = 0;
  let collections = 0;
  const collector = new IdleCollector({
    collect: () => {
      collections += 1;
      bytes = 50 * mebibyte;
    },
    heapBytes: () => bytes,
    cpuMs: () => cpuMs,
    clock,
  });
  let running: Promise<void>;
  before(() => {
    running = collector.run(stop.signal);
  });

  it('waits as long as the program works', async () => {
    for (bytes = 60 * mebibyte; bytes < 100 * mebibyte; bytes += 10 * mebibyte) {
      cpuMs += 1_500;
      await clock.advance(2_000);
    }
    expect(collections).to.equal(0);
  });

  it('collects once what a burst has left, and then rests', async () => {
    await clock.advance(60_000);
    expect(collections).to.equal(1);
  });

  it('lets a little garbage be', async () => {
    bytes += 15 * mebibyte;
    await clock.advance(60_000);
    expect(collections).to.equal(1);
    bytes += 2 * mebibyte;
    await clock.advance(2_000);
    expect(collections).to.equal(2);
  });

  it('ends with its signal', async () => {
    stop.abort();
    await running;
    bytes += 100 * mebibyte;
    await clock.advance(10_000);
    expect(collections).to.equal(2);
  });
});
