import { expect } from 'chai';
import { AwaitedThings } from '../../../operator/workloads/awaited.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

describe('what owners wait for', () => {
  let clock: ManualClock;
  let stop: AbortController;
  let ended: Promise<void>;
  let arrivals: number;
  let awaited: AwaitedThings;
  let log: ReturnType<typeof recordingLogger>;

  beforeEach(() => {
    clock = new ManualClock();
    stop = new AbortController();
    arrivals = 0;
    log = recordingLogger();
    awaited = new AwaitedThings({
      clock,
      logger: log.logger,
      intervalMs: 1_000,
      capacity: 2,
      onArrival: () => {
        arrivals += 1;
      },
    });
    ended = awaited.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  it('is asked for once however many wait, and told of once', async () => {
    let isThere = false;
    let asked = 0;
    const ask = () => {
      asked += 1;
      return Promise.resolve(isThere);
    };
    awaited.add('a group', ask);
    awaited.add('a group', ask);
    await clock.advance(1_000);
    expect([asked, arrivals]).to.deep.equal([1, 0]);
    isThere = true;
    await clock.advance(1_000);
    await clock.advance(1_000);
    expect([asked, arrivals]).to.deep.equal([2, 1]);
    expect(log.lines.filter(({ level }) => level === 'info')).to.have.length(1);
  });

  it('is told of once for all that come in one round', async () => {
    awaited.add('one', () => Promise.resolve(true));
    awaited.add('other', () => Promise.resolve(true));
    await clock.advance(1_000);
    expect(arrivals).to.equal(1);
  });

  it('is asked for again after a fault', async () => {
    let asked = 0;
    awaited.add('a group', () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('no connection')) : Promise.resolve(true);
    });
    await clock.advance(1_000);
    expect(arrivals).to.equal(0);
    await clock.advance(1_000);
    expect(arrivals).to.equal(1);
  });

  it('is bounded: the thing awaited for longest is forgotten', async () => {
    const asked: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      awaited.add(name, () => {
        asked.push(name);
        return Promise.resolve(false);
      });
    }
    await clock.advance(1_000);
    expect(asked).to.deep.equal(['b', 'c']);
  });

  it('are not awaited under a name as long as nothing has: an owner reference may hold a megabyte', async () => {
    let asked = 0;
    awaited.add('x'.repeat(2_000), async () => {
      asked += 1;
      return true;
    });
    await clock.advance(1_000);
    expect([asked, arrivals]).to.deep.equal([0, 0]);
  });
});
