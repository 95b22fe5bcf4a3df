import { expect } from 'chai';
import { flatnessOf, type Reading, rowsOf, soakReport } from '../../faults/soak/readings.ts';

describe('the table of a soak', () => {
  const reading = (second: number, more: Partial<Reading> = {}): Reading => ({
    second,
    operatorMiB: 100,
    hostMiB: 50,
    changes: second * 50,
    writes: second * 30,
    failedWrites: 0,
    pluginErrors: 0,
    depth: 0,
    lagMs: 11,
    resolutions: [],
    ...more,
  });
  const every5s = (minutes: number, more: (second: number) => Partial<Reading> = () => ({})) =>
    Array.from({ length: minutes * 12 + 1 }, (_none, index) => reading(index * 5, more(index * 5)));

  it('has twelve rows of five minutes for an hour, and one a minute for a short one', () => {
    expect(rowsOf(every5s(60)).map(({ fromMinute, toMinute }) => [fromMinute, toMinute])).to.deep.equal(
      Array.from({ length: 12 }, (_none, index) => [index * 5, index * 5 + 5]),
    );
    expect(rowsOf(every5s(3))).to.have.length(3);
    expect(rowsOf(every5s(13)).at(-1)).to.include({ fromMinute: 12, toMinute: 13 });
    const late = every5s(5).map((one) => ({ ...one, second: one.second + 4 }));
    expect(rowsOf(late).map(({ fromMinute }) => fromMinute)).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('counts in a row what came in its time, and shows the worst of the queue and the median of memory', () => {
    const readings = every5s(2, (second) => ({
      depth: second === 90 ? 400 : 1,
      operatorMiB: second > 60 ? 120 + (second === 100 ? 500 : 0) : 100,
    }));
    const [first, second] = rowsOf(readings);
    expect(first).to.include({ changes: 3_000, writes: 1_800, depth: 1, operatorMiB: 100 });
    expect(second).to.include({ changes: 3_000, writes: 1_800, depth: 400, operatorMiB: 120 });
  });

  it('takes a percentile of the resolutions of its own time alone', () => {
    const buckets = (fast: number, slow: number) => [
      { le: 0.1, count: fast },
      { le: 1, count: fast + slow },
      { le: Number.POSITIVE_INFINITY, count: fast + slow },
    ];
    const readings = [
      reading(0, { resolutions: buckets(0, 0) }),
      reading(60, { resolutions: buckets(0, 100) }),
      reading(120, { resolutions: buckets(100, 100) }),
    ];
    const [first, second] = rowsOf(readings);
    expect(first?.resolutionP99Ms).to.be.closeTo(991, 1);
    expect(second?.resolutionP99Ms).to.be.closeTo(99, 1);
  });

  const operator = ({ operatorMiB }: Reading) => operatorMiB;

  it('calls memory flat that rises while it warms up, swings, or grows by a tenth', () => {
    const warm = every5s(60, (second) => ({ operatorMiB: second < 600 ? 60 + second / 15 : 100 }));
    const swinging = every5s(60, (second) => ({ operatorMiB: 100 + (second % 60) }));
    expect(flatnessOf(warm, operator).isFlat).to.equal(true);
    expect(flatnessOf(swinging, operator).isFlat).to.equal(true);
    expect(
      flatnessOf(
        every5s(60, (s) => ({ operatorMiB: s < 1_800 ? 100 : 110 })),
        operator,
      ),
    ).to.deep.equal({
      isFlat: true,
      secondMiB: 100,
      lastMiB: 110,
    });
  });

  it('does not call memory flat that leaks, in either process', () => {
    const leaking = every5s(60, (second) => ({ hostMiB: 50 + second / 200 }));
    expect(flatnessOf(leaking, ({ hostMiB }) => hostMiB).isFlat).to.equal(false);
    const { text, isFlat } = soakReport(leaking);
    expect(isFlat).to.equal(false);
    expect(text).to.include('operator: memory is flat');
    expect(text).to.include('sandbox host: memory is not flat');
  });
});
