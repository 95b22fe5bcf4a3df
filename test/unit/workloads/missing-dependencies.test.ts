import { expect } from 'chai';
import type { KubeClient } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { MissingDependencies } from '../../../operator/workloads/missing-dependencies.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { makeOwner } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

describe('what owners wait for', () => {
  let clock: ManualClock;
  let stop: AbortController;
  let ended: Promise<void>;
  let arrivals: number;
  let missing: MissingDependencies;
  let log: ReturnType<typeof recordingLogger>;

  beforeEach(() => {
    clock = new ManualClock();
    stop = new AbortController();
    arrivals = 0;
    log = recordingLogger();
    missing = new MissingDependencies({
      clock,
      random: () => 1,
      logger: log.logger,
      intervalMs: 1_000,
      capacity: 2,
    });
    missing.onArrival(() => {
      arrivals += 1;
    });
    ended = missing.run(stop.signal);
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  it('keeps nobody waiting when it is not looked for any more, whatever question has no answer', async () => {
    missing.add('permission to get a', () => new Promise(() => {}));
    let asked = 0;
    missing.add('permission to get b', async () => {
      asked += 1;
      return true;
    });
    await clock.advance(2_000);
    stop.abort();
    await ended;
    expect([asked, arrivals]).to.deep.equal([0, 0]);
  });

  it('is asked for once however many wait, and told of once', async () => {
    let isThere = false;
    let asked = 0;
    const ask = () => {
      asked += 1;
      return Promise.resolve(isThere);
    };
    missing.add('a group', ask);
    missing.add('a group', ask);
    await clock.advance(1_000);
    expect([asked, arrivals]).to.deep.equal([1, 0]);
    isThere = true;
    await clock.advance(2_000);
    await clock.advance(10_000);
    expect([asked, arrivals]).to.deep.equal([2, 1]);
    expect(log.lines.filter(({ level }) => level === 'info')).to.have.length(1);
  });

  it('is told of once for all that come in one round', async () => {
    missing.add('one', () => Promise.resolve(true));
    missing.add('other', () => Promise.resolve(true));
    await clock.advance(1_000);
    expect(arrivals).to.equal(1);
  });

  it('is asked for again after a fault', async () => {
    let asked = 0;
    missing.add('a group', () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error('no connection')) : Promise.resolve(true);
    });
    await clock.advance(1_000);
    expect(arrivals).to.equal(0);
    await clock.advance(2_000);
    expect(arrivals).to.equal(1);
  });

  it('is bounded: the thing awaited for longest is forgotten', async () => {
    const asked: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      missing.add(name, () => {
        asked.push(name);
        return Promise.resolve(false);
      });
    }
    await clock.advance(1_000);
    expect(asked).to.deep.equal(['b', 'c']);
  });

  it('is asked for round after round at first, then ever more rarely, at last every sixty rounds', async () => {
    const at: number[] = [];
    const begun = clock.now();
    missing.add('a group', () => {
      at.push((clock.now() - begun) / 1_000);
      return Promise.resolve(false);
    });
    for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000);
    expect(at).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 9, 13, 21, 37, 69, 129, 189, 249]);
  });

  it('is forgotten when no Pod has asked for it for 25 minutes, and not before', async () => {
    let asked = 0;
    const ask = () => {
      asked += 1;
      return Promise.resolve(false);
    };
    missing.add('a group', ask);
    await clock.advance(20 * 60_000);
    missing.add('a group', ask);
    await clock.advance(20 * 60_000);
    const before = asked;
    await clock.advance(4 * 60_000);
    expect(asked, 'a Pod had asked again').to.be.above(before);
    await clock.advance(60_000);
    const last = asked;
    await clock.advance(60 * 60_000);
    expect(asked).to.equal(last);
  });

  it('is forgotten with its namespace', async () => {
    const asked: string[] = [];
    for (const namespace of ['gone', 'shop']) {
      const ask = () => {
        asked.push(namespace);
        return Promise.resolve(false);
      };
      missing.add(`permission to get ${namespace}/rayjobs.ray.io`, ask, namespace);
    }
    missing.forgetNamespace('gone');
    await clock.advance(60_000);
    expect(new Set(asked)).to.deep.equal(new Set(['shop']));
  });

  it('are not awaited under a name as long as nothing has: an owner reference may hold a megabyte', async () => {
    let asked = 0;
    missing.add('x'.repeat(2_000), async () => {
      asked += 1;
      return true;
    });
    await clock.advance(1_000);
    expect([asked, arrivals]).to.deep.equal([0, 0]);
  });
});

describe('what owners of 300 namespaces wait for', () => {
  const forbidden = new ApiError(403, { kind: 'Status', reason: 'Forbidden' });

  /** Pods of 300 namespaces, of a kind that may not be read, met at once. */
  async function setUp() {
    const clock = new ManualClock();
    const at: number[] = [];
    let arrivals = 0;
    let granted = false;
    const client: KubeClient = {
      request<T>(): Promise<T> {
        at.push(clock.now());
        return granted ? Promise.resolve({ metadata: { uid: 'u' } } as T) : Promise.reject(forbidden);
      },
      stream: () => Promise.reject(new Error('not in this test')),
      close: () => Promise.resolve(),
    };
    const missing = new MissingDependencies({
      clock,
      random: () => 0.5,
      logger: silentLogger,
      intervalMs: 5_000,
    });
    missing.onArrival(() => {
      arrivals += 1;
    });
    const reader = new OwnerReader({
      client,
      clock,
      logger: silentLogger,
      missing,
      discovery: {
        resourceFor: () =>
          Promise.resolve({
            path: (namespace, name) => `/${namespace}/${name}`,
            collection: '/',
            namespaced: true,
            resource: 'rayjobs',
            group: 'ray.io',
          }),
      },
    });
    const namespaces = Array.from({ length: 300 }, (_, index) => `n-${index}`);
    const decide = async () => {
      for (const namespace of namespaces) {
        await reader.read(makeOwner('ray.io/v1', 'RayJob', 'job'), namespace);
      }
    };
    const stop = new AbortController();
    const ended = missing.run(stop.signal);
    const end = async () => {
      stop.abort();
      await ended;
    };
    await decide();
    at.length = 0;
    return {
      clock,
      at,
      missing,
      namespaces,
      decide,
      end,
      arrivals: () => arrivals,
      grant: () => {
        granted = true;
      },
    };
  }

  it('is asked for at most 120 times in any minute, and no more once all its Pods are gone', async () => {
    const { clock, at, end } = await setUp();
    const begun = clock.now();
    for (let minute = 0; minute < 60; minute += 1) await clock.advance(60_000);
    await end();
    for (let minute = 0; minute < 60; minute += 1) {
      const from = begun + minute * 60_000;
      const asked = at.filter((time) => time > from && time <= from + 60_000);
      expect(asked.length, `in minute ${minute}`).to.be.at.most(120);
    }
    expect(at.length, 'in the hour').to.be.below(3_600);
    expect(at.at(-1), 'the last question').to.be.below(begun + 26 * 60_000);
  });

  it('is not asked for at all when its namespaces are gone', async () => {
    const { clock, at, missing, namespaces, end } = await setUp();
    for (const namespace of namespaces) missing.forgetNamespace(namespace);
    await clock.advance(60 * 60_000);
    await end();
    expect(at).to.deep.equal([]);
  });

  it('is found within seconds when it is granted soon, and within five minutes after hours', async () => {
    const soon = await setUp();
    soon.grant();
    await soon.clock.advance(5_000);
    expect(soon.arrivals()).to.equal(1);
    await soon.end();

    const late = await setUp();
    for (let minute = 0; minute < 180; minute += 10) {
      await late.clock.advance(10 * 60_000);
      await late.decide();
    }
    late.grant();
    await late.clock.advance(5 * 60_000);
    await late.end();
    expect(late.arrivals()).to.be.at.least(1);
  });
});
