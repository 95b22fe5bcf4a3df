import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client.ts';
import { ApiError } from '../../../operator/kube/errors.ts';
import { LeaderElection, LeaseLostError } from '../../../operator/kube/leader-election.ts';
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
    });
  }

  start(): void {
    this.ended = this.election.run(this.stop.signal, async (term) => {
      this.terms.push(term);
      await new Promise((resolve) => term.addEventListener('abort', resolve, { once: true }));
      await this.clock.sleep(this.windDownMs);
    });
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
      await replica.ended;
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

  it('says once why it cannot get the lease', async () => {
    a.line = 'down';
    a.start();
    await pass(20);
    expect(a.lines.map(({ level, msg }) => `${level} ${msg}`)).to.deep.equal([
      'warn cannot get or renew the lease: 503 ServiceUnavailable: the API server answered 503 ServiceUnavailable; trying again',
    ]);
  });
});
