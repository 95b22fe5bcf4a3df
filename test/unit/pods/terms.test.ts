import { expect } from 'chai';
import { podWriteConnections } from '../../../operator/kube/client/agents.ts';
import { PooledKubeClient } from '../../../operator/kube/client/client.ts';
import { FencedClient } from '../../../operator/kube/client/fenced-client.ts';
import { LeaderElection } from '../../../operator/kube/election/leader-election.ts';
import { FairGate } from '../../../operator/kube/queue/fair-gate.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { RunGroup } from '../../../operator/process/run-group.ts';
import { systemClock } from '../../../operator/time/clock.ts';
import type { Owners } from '../../../operator/workloads/standard.ts';
import { eventually } from '../../support/eventually.ts';
import { HttpServer } from '../kube/http-server.ts';
import { makeOwner, makePod } from '../support/builders.ts';
import { makePods } from './make-pods.ts';

/** A call to the API server takes 30 s at the most. A term that waits for none ends in a second or two. */
const soonMs = 15_000;

describe('A term whose calls get no answer', () => {
  let server: HttpServer;
  let client: PooledKubeClient;
  let stop: AbortController;
  let ended: Promise<void>;
  /** What became of the terms, and when. */
  let transitions: { readonly to: string; readonly at: number }[];
  let leaseAnswers: boolean;
  let lease: { metadata: { resourceVersion: string } } | undefined;

  beforeEach(async () => {
    stop = new AbortController();
    transitions = [];
    leaseAnswers = true;
    lease = undefined;
    server = new HttpServer();
    server.answer = ({ method, path, body }, response) => {
      if (!path.includes('/leases') || !leaseAnswers) return;
      if (method !== 'GET') {
        lease = body as typeof lease & object;
        lease.metadata.resourceVersion = String(server.calls.length);
      }
      if (lease === undefined) response.writeHead(404).end('{"kind":"Status","reason":"NotFound"}');
      else response.end(JSON.stringify(lease));
    };
    await server.start();
    client = new PooledKubeClient({ kubeConfig: server.kubeConfig(), version: 'test' });
  });

  afterEach(async () => {
    stop.abort();
    await ended;
    await client.close();
    await server.stop();
  });

  /** Leads, with Pods to write: more than there are connections. */
  function lead(options: { readonly owners?: Owners; readonly writesPerSecond?: number } = {}): void {
    const election = new LeaderElection({
      client,
      namespace: 'ns',
      name: 'lock',
      identity: 'me',
      logger: silentLogger,
      durationMs: 2_000,
      renewDeadlineMs: 1_000,
      retryMs: 100,
      onTransition: (to) => transitions.push({ to, at: performance.now() }),
    });
    const room = makePods({
      client: new FencedClient(client, () => election.isLeader),
      clock: systemClock,
      gate: new FairGate(podWriteConnections),
      ...options,
    });
    for (let index = 0; index < 100; index++) {
      const ownerReferences = [makeOwner('apps/v1', 'ReplicaSet', `web-${index}`)];
      room.store.upsert(makePod({ name: `pod-${index}`, ownerReferences }), 'list');
    }
    ended = election.run(stop.signal, async (term) => {
      const group = new RunGroup({ signal: term, logger: silentLogger });
      group.start('queue pod', room.controller);
      await group.ended;
    });
  }

  const patches = () => server.calls.filter(({ method }) => method === 'PATCH').length;
  const isTold = (count: number) => () => transitions.length >= count;

  const whatHangs: Readonly<
    Record<string, { readonly hang: () => void; readonly isHanging: () => boolean }>
  > = {
    'writes of Pods, and others that wait for a connection': {
      hang: () => lead(),
      // What one namespace gets of 16 connections.
      isHanging: () => patches() === 11,
    },
    'writes that wait for the rate limit': {
      hang: () => lead({ writesPerSecond: 1 }),
      isHanging: () => patches() === 1,
    },
  };

  for (const [what, { hang, isHanging }] of Object.entries(whatHangs)) {
    it(`ends as soon as the Lease is lost, and the next one begins: ${what}`, async () => {
      hang();
      await eventually('the calls', isHanging);
      leaseAnswers = false;
      const begun = performance.now();
      await eventually('the end of the term', isTold(2));
      leaseAnswers = true;
      await eventually('the next term', isTold(3));
      expect(transitions.map(({ to }) => to)).to.deep.equal(['acquired', 'lost', 'acquired']);
      expect((transitions[2]?.at ?? 0) - begun, 'milliseconds until the next term').to.be.below(soonMs);
    });
  }

  it('ends when the operator does, and gives the Lease up', async () => {
    lead({ owners: { controllerOf: () => new Promise(() => {}) } });
    await eventually('the term', isTold(1));
    const begun = performance.now();
    stop.abort();
    await ended;
    expect(transitions.map(({ to }) => to)).to.deep.equal(['acquired', 'released']);
    expect(performance.now() - begun).to.be.below(soonMs);
    expect(lease).to.have.nested.property('spec.holderIdentity', '');
  });
});
