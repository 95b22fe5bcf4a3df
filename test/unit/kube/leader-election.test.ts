import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { LeaderElection, LeaseLostError } from '../../../operator/kube/election/leader-election.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { RunGroup, StuckPartError } from '../../../operator/process/run-group.ts';
import { aborted } from '../../../operator/time/aborted.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { type LogLine, recordingLogger } from '../support/log.ts';

interface Stored {
  metadata: { resourceVersion: string };
  spec: { holderIdentity: string; leaseTransitions: number; renewTime: string };
}

/** One Lease on an API server that checks resource versions. */
class LeaseServer {
  lease: Stored | undefined;
  #version = 0;

  answer({ method, body }: KubeRequest): Stored {
    const sent = body as Stored;
    if (method === 'GET') {
      if (this.lease === undefined) throw new ApiError(404, { kind: 'Status', reason: 'NotFound' });
      return structuredClone(this.lease);
    }
    if (method === 'POST' && this.lease !== undefined) throw new ApiError(409, { reason: 'AlreadyExists' });
    if (method === 'PUT' && this.lease?.metadata.resourceVersion !== sent.metadata.resourceVersion) {
      throw new ApiError(409);
    }
    this.lease = structuredClone(sent);
    this.lease.metadata.resourceVersion = String(++this.#version);
    return structuredClone(this.lease);
  }
}

/** One replica: its own clock and its own line to the server. */
class Replica implements KubeClient {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  readonly terms: AbortSignal[] = [];
  readonly election: LeaderElection;
  readonly lines: LogLine[];
  /** What happens to calls: answered, refused, or never answered. */
  line: 'up' | 'down' | 'silent' = 'up';
  /** How long the work takes to end after its term. */
  windDownMs = 0;
  ended: Promise<void> | undefined;
  /** How its terms began and ended. */
  readonly transitions: string[] = [];
  readonly #server: LeaseServer;

  constructor(server: LeaseServer, identity: string) {
    this.#server = server;
    const { logger, lines } = recordingLogger();
    this.lines = lines;
    this.election = new LeaderElection({
      client: this,
      namespace: 'ns',
      name: 'lock',
      identity,
      logger,
      clock: this.clock,
      random: () => 0,
      onTransition: (transition) => this.transitions.push(transition),
    });
  }

  /** @param work what it does in a term, beside waiting for its end */
  start(work: (term: AbortSignal) => Promise<void> = async () => {}): void {
    this.ended = this.election.run(this.stop.signal, async (term) => {
      this.terms.push(term);
      await work(term);
      await aborted(term);
      await this.clock.sleep(this.windDownMs);
    });
    // Who looks at it may come later than the rejection.
    this.ended.catch(() => {});
  }

  /** The latest term's signal. */
  get term(): AbortSignal {
    const term = this.terms.at(-1);
    if (term === undefined) throw new Error('has never led');
    return term;
  }

  async request<T>(request: KubeRequest): Promise<T> {
    if (this.line === 'down') throw new ApiError(503);
    if (this.line === 'silent') {
      await this.clock.sleep(request.timeoutMs ?? 0, request.signal);
      throw new ApiError(504);
    }
    return this.#server.answer(request) as T;
  }

  stream(): Promise<never> {
    throw new Error('an election watches nothing');
  }

  async close(): Promise<void> {}
}

describe('LeaderElection', () => {
  let server: LeaseServer;
  let a: Replica;
  let b: Replica;

  beforeEach(() => {
    server = new LeaseServer();
    a = new Replica(server, 'a');
    b = new Replica(server, 'b');
  });

  afterEach(async () => {
    for (const replica of [a, b]) {
      replica.line = 'up';
      replica.stop.abort();
      await replica.clock.advance(20_000);
      await replica.ended?.catch(() => {});
      expect(replica.clock.sleepers, 'sleeps left behind').to.equal(0);
    }
  });

  /** Time passes for both, second by second. */
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      for (const { clock } of [a, b]) await clock.advance(1_000);
      expect(a.election.isLeader && b.election.isLeader, 'two leaders').to.equal(false);
    }
  }

  it('lets the first lead as long as it renews, and the second wait', async () => {
    a.start();
    await settle();
    b.start();
    await pass(120);
    expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([true, false]);
    expect([a.terms.length, b.terms.length]).to.deep.equal([1, 0]);
    expect(server.lease?.spec).to.include({ holderIdentity: 'a', leaseTransitions: 0 });
    expect(server.lease?.spec.renewTime).to.match(/\.\d{6}Z$/);
  });

  it('lets one of two that start together win', async () => {
    a.start();
    b.start();
    await pass(10);
    expect([a, b].filter(({ election }) => election.isLeader)).to.have.length(1);
  });

  it('releases the lease on stop, so that another leads at once', async () => {
    a.start();
    await settle();
    b.start();
    await pass(5);
    a.stop.abort();
    await a.ended;
    await pass(3);
    expect(b.election.isLeader).to.equal(true);
    expect(server.lease?.spec.leaseTransitions).to.equal(1);
  });

  it('holds and renews the lease until its work has ended', async () => {
    a.windDownMs = 30_000;
    a.start();
    await settle();
    b.start();
    a.stop.abort();
    await pass(29);
    expect(a.term.aborted).to.equal(true);
    expect(b.terms).to.have.length(0);
    await pass(5);
    expect(b.election.isLeader).to.equal(true);
  });

  it('leads soon after the leader was killed', async () => {
    a.start();
    await settle();
    b.start();
    await pass(5);
    for (let second = 0; second < 18; second++) await b.clock.advance(1_000);
    expect(b.election.isLeader).to.equal(true);
  });

  for (const line of ['down', 'silent'] as const) {
    it(`stops leading before another may start, when its calls are ${line === 'down' ? 'refused' : 'not answered'}`, async () => {
      a.start();
      await settle();
      b.start();
      await pass(5);
      a.line = line;
      await pass(11);
      expect(a.election.isLeader).to.equal(false);
      expect(a.term.reason).to.be.instanceOf(LeaseLostError);
      expect(b.terms).to.have.length(0);
      await pass(8);
      expect(b.election.isLeader).to.equal(true);
      a.line = 'up';
      await pass(20);
      expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([false, true]);
    });
  }

  it('knows that it lost as soon as it wakes from a pause, before any timer has run', async () => {
    a.start();
    await settle();
    b.start();
    await pass(5);
    a.clock.skip(60_000);
    expect(a.election.isLeader).to.equal(false);
    for (let second = 0; second < 20; second++) await b.clock.advance(1_000);
    expect(b.election.isLeader).to.equal(true);
    await pass(20);
    expect(a.term.aborted).to.equal(true);
    expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([false, true]);
  });

  it('knows that it lost when it wakes and only the wall clock shows how long it was stopped', async () => {
    a.start();
    await settle();
    b.start();
    await pass(5);
    a.clock.setWall(60_000);
    expect(a.election.isLeader).to.equal(false);
    for (let second = 0; second < 20; second++) await b.clock.advance(1_000);
    expect(b.election.isLeader).to.equal(true);
    await pass(20);
    expect(a.term.reason).to.be.instanceOf(LeaseLostError);
  });

  for (const [how, byMs] of [
    ['ahead', 3_600_000],
    ['back', -3_600_000],
  ] as const) {
    it(`stamps the lease with the right time after its clock was set ${how}, and leads on`, async () => {
      a.start();
      await settle();
      b.start();
      await pass(5);
      a.clock.setWall(byMs);
      await pass(10);
      expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([true, false]);
      const { renewTime = '' } = server.lease?.spec ?? {};
      expect(Date.parse(renewTime)).to.be.within(a.clock.wallTime() - 3_000, a.clock.wallTime());
    });

    it(`takes no lease from another because its own clock was set ${how}`, async () => {
      a.start();
      await settle();
      b.start();
      await pass(5);
      b.clock.setWall(byMs);
      await pass(30);
      expect([a.election.isLeader, b.election.isLeader]).to.deep.equal([true, false]);
      expect(a.terms).to.have.length(1);
    });
  }

  it('says once why it cannot get the lease', async () => {
    a.line = 'down';
    a.start();
    await pass(20);
    expect(a.lines.map(({ level, msg }) => `${level} ${msg}`)).to.deep.equal([
      'warn cannot get or renew the lease: 503 ServiceUnavailable: the API server answered 503 ServiceUnavailable; trying again',
    ]);
  });

  describe('whose work fails', () => {
    const boom = () => Promise.reject(new Error('boom'));

    it('releases the lease, so that another leads at once, and asks for it again only later', async () => {
      a.start(boom);
      await settle();
      expect(a.election.isLeader).to.equal(false);
      expect(server.lease?.spec.holderIdentity).to.equal('');
      b.start();
      await pass(2);
      expect(b.election.isLeader).to.equal(true);
      await pass(60);
      expect([a.terms.length, b.terms.length], 'terms').to.deep.equal([1, 1]);
      expect([a.transitions, b.transitions]).to.deep.equal([['acquired', 'failed'], ['acquired']]);
    });

    it('says in one line why', async () => {
      a.start(boom);
      await settle();
      const errors = a.lines.filter(({ level }) => level === 'error');
      expect(errors.map(({ msg }) => msg)).to.deep.equal([
        "the leader's work failed: boom; its term is over",
      ]);
    });

    it('waits longer after each failure, and leads again once its work goes on', async () => {
      let failures = 3;
      a.start(async () => {
        if (failures-- > 0) await boom();
      });
      await settle();
      // Half of 5 s, and 2 s between two tries; then half of 10 s, of 20 s.
      for (const [terms, seconds] of [
        [1, 3],
        [2, 5],
        [3, 11],
      ] as const) {
        await pass(seconds);
        expect(a.terms).to.have.length(terms);
        await pass(2);
        expect(a.terms).to.have.length(terms + 1);
      }
      await pass(600);
      expect(a.election.isLeader).to.equal(true);
      expect(a.terms).to.have.length(4);
    });

    it('ends for good, with the last cause, when five terms fail within a quarter of an hour', async () => {
      a.start(boom);
      await pass(200);
      const error = await a.ended?.catch((reason: Error) => reason.message);
      expect(error).to.equal('5 terms failed within 15 minutes, the last one by boom');
      expect(a.terms).to.have.length(5);
      expect(server.lease?.spec.holderIdentity).to.equal('');
    });

    it('goes on for ever when its terms fail now and then', async () => {
      a.start(async (term) => {
        await a.clock.sleep(300_000, term);
        throw new Error('boom');
      });
      await pass(3_600);
      expect(a.terms).to.have.length.above(8);
      expect(a.election.isLeader).to.equal(true);
    });

    it('leads no more, and releases the lease, when a part of its work does not end', async () => {
      a.start(async (term) => {
        const work = new RunGroup({ signal: term, clock: a.clock, logger: recordingLogger().logger });
        work.start('stuck', { run: () => new Promise(() => {}) });
        work.start('broken', { run: boom });
        await work.ended;
      });
      await pass(119);
      expect(a.election.isLeader, 'it holds the lease while something may still work').to.equal(true);
      await pass(2);
      const error = await a.ended?.catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(StuckPartError);
      expect(error).to.include({ message: 'stuck: it did not end within 120 s, after broken: boom' });
      expect(a.terms).to.have.length(1);
      expect(server.lease?.spec.holderIdentity).to.equal('');
    });

    it('ends the queues that work beside what fails, and has them work again in the next term', async () => {
      const handled: string[] = [];
      const { logger } = recordingLogger();
      const queue = new WorkQueue({
        name: 'pod',
        concurrency: 1,
        maxDelayMs: 1_000,
        clock: a.clock,
        logger,
      });
      a.start(async (term) => {
        const work = new RunGroup({ signal: term, clock: a.clock, logger });
        work.start('queue pod', {
          run: (signal) =>
            queue.run(signal, async (key) => {
              handled.push(`${key} in term ${a.terms.length}`);
            }),
        });
        const fails = a.terms.length === 1;
        work.start('other', {
          run: async (signal) => {
            await a.clock.sleep(1_500, signal);
            if (fails) throw new Error('boom');
            await aborted(signal);
          },
        });
        await work.ended;
      });
      await settle();
      queue.add('one');
      await pass(2);
      expect(a.transitions).to.deep.equal(['acquired', 'failed']);
      queue.add('between');
      await pass(1);
      expect(handled, 'outside a term').to.deep.equal(['one in term 1']);
      await pass(60);
      expect(a.terms).to.have.length(2);
      expect(handled).to.deep.equal(['one in term 1', 'between in term 2']);
      expect(a.term.aborted).to.equal(false);
    });
  });

  it('counts how its terms began and ended', async () => {
    a.start();
    await pass(5);
    a.line = 'down';
    await pass(11);
    a.line = 'up';
    await pass(20);
    a.stop.abort();
    await a.ended;
    expect(a.transitions).to.deep.equal(['acquired', 'lost', 'acquired', 'released']);
  });
});
