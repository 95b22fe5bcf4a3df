import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { OwnerReference } from '../../../operator/kube/client/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { FollowedOwners } from '../../../operator/workloads/followed-owners.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { OwnerWatches } from '../../../operator/workloads/owner-watches.ts';
import { makeOwner } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';
import { forbidden, OwnerServer } from './owner-server.ts';

const set = makeOwner('apps/v1', 'ReplicaSet', 'shop-1');
const shop = makeOwner('apps/v1', 'Deployment', 'shop');
const storefront = makeOwner('apps/v1', 'Deployment', 'storefront');
const sandbox = makeOwner('agents.x-k8s.io/v1alpha1', 'Sandbox', 'pool-a');
const pool = makeOwner('extensions.agents.x-k8s.io/v1alpha1', 'SandboxWarmPool', 'pool');
const claim = makeOwner('extensions.agents.x-k8s.io/v1alpha1', 'SandboxClaim', 'session-1');

describe('the owners that are followed', () => {
  let clock: ManualClock;
  let server: OwnerServer;
  let watches: OwnerWatches;
  let owners: FollowedOwners;
  let used: OwnerReference[];
  let changes: string[][];
  let warnings: string[];
  let stop: AbortController;
  let ended: Promise<unknown>;

  const start = async () => {
    ended = Promise.all([watches.run(stop.signal), owners.run(stop.signal)]);
    await clock.advance(1);
  };
  const end = async () => {
    stop.abort();
    await clock.advance(1_000);
    await ended;
  };
  /** The name of who controls an owner; `?` where that may be known later. */
  const controllerOf = async (owner: OwnerReference, namespace = 'shop') => {
    const answer = owners.controllerOf(owner, namespace);
    await clock.advance(6_000);
    const { controller, isFinal } = await answer;
    return `${controller?.name ?? 'none'}${isFinal ? '' : '?'}`;
  };
  const gets = () => server.calls.filter((call) => call.startsWith('get'));

  beforeEach(async () => {
    clock = new ManualClock();
    server = new OwnerServer();
    used = [set];
    changes = [];
    warnings = [];
    stop = new AbortController();
    const warn = (_: unknown, text: string) => warnings.push(text);
    const logger = { ...silentLogger, child: silentLogger.child, warn } as never;
    const common = { client: server, discovery: server, clock, logger };
    watches = new OwnerWatches({ ...common, inScope: (namespace) => namespace !== 'kube-system' });
    owners = new FollowedOwners({ reader: new OwnerReader(common), watches, clock, logger });
    owners.followUse(() => used.map(({ uid }) => uid));
    owners.onChange((uids) => changes.push([...uids].sort()));
    server.put(set, shop);
  });

  afterEach(end);

  describe('where they may be watched', () => {
    it('are listed, and none is read by itself', async () => {
      const sets = Array.from({ length: 300 }, (_, at) => makeOwner('apps/v1', 'ReplicaSet', `many-${at}`));
      for (const one of sets) server.put(one, shop);
      await start();
      for (const one of sets)
        expect(await owners.controllerOf(one, 'shop')).to.deep.include({ isFinal: true });
      expect(server.calls).to.have.members([
        'list ReplicaSets',
        'list Jobs',
        'watch ReplicaSets',
        'watch Jobs',
      ]);
    });

    it('are not listed twice, nor read, when Pods ask for them while their watch begins', async () => {
      ended = Promise.all([watches.run(stop.signal), owners.run(stop.signal)]);
      const answers = Promise.all([1, 2, 3].map(() => owners.controllerOf(set, 'shop')));
      await clock.advance(1_000);
      for (const { controller } of await answers) expect(controller).to.deep.include({ name: 'shop' });
      expect(server.calls.filter((call) => call.includes('ReplicaSets'))).to.deep.equal([
        'list ReplicaSets',
        'watch ReplicaSets',
      ]);
    });

    it('have a ReplicaSet that another Deployment adopted be told of, and its Pods be of that', async () => {
      await start();
      expect(await controllerOf(set)).to.equal('shop');
      server.put(set, storefront);
      await clock.advance(1);
      server.put(set);
      await clock.advance(2_000);
      expect(changes, 'told together').to.deep.equal([[set.uid]]);
      expect(await controllerOf(set)).to.equal('none');
      server.put(set, storefront);
      await clock.advance(1_000);
      expect(changes).to.have.length(2);
      expect(await controllerOf(set)).to.equal('storefront');
      expect(gets()).to.deep.equal([]);
    });

    it('have nothing told of what changes nothing above a Pod', async () => {
      await start();
      server.put(set, shop);
      server.put(makeOwner('apps/v1', 'ReplicaSet', 'new'), shop);
      await clock.advance(10_000);
      expect(changes).to.deep.equal([]);
    });

    it('are watched of any kind once a Pod has one: a Sandbox goes from its warm pool to a claim', async () => {
      server.put(sandbox, pool);
      await start();
      expect(await controllerOf(sandbox)).to.equal('pool');
      server.put(sandbox, claim);
      await clock.advance(1_000);
      expect(changes).to.deep.equal([[sandbox.uid]]);
      expect(await controllerOf(sandbox)).to.equal('session-1');
      expect(gets()).to.deep.equal([]);
    });

    it('have the owners below told of as well, as far down as the Pods', async () => {
      const job = makeOwner('batch/v1', 'Job', 'launch');
      server.put(job, sandbox);
      server.put(sandbox, pool);
      await start();
      await controllerOf(job);
      await controllerOf(sandbox);
      server.put(sandbox, claim);
      await clock.advance(1_000);
      expect(changes).to.deep.equal([[job.uid, sandbox.uid].sort()]);
    });

    it('keep their last answer when they are gone, as their Pods go after them', async () => {
      await start();
      server.delete(set);
      await clock.advance(1_000);
      expect(await controllerOf(set)).to.equal('shop');
      expect(changes).to.deep.equal([]);
    });

    it('are waited for when they are younger than the watch, then read, and told of once they are seen', async () => {
      await start();
      server.isQuiet = true;
      const young = makeOwner('apps/v1', 'ReplicaSet', 'young');
      server.put(young);
      expect(await controllerOf(young)).to.equal('none');
      expect(gets()).to.deep.equal(['get ReplicaSets/shop/young']);
      server.isQuiet = false;
      server.put(young, shop);
      await clock.advance(1_000);
      expect(changes).to.deep.equal([[young.uid]]);
      expect(await controllerOf(young)).to.equal('shop');
    });

    it('are not read when the watch tells of them a moment after their Pod', async () => {
      await start();
      const young = makeOwner('apps/v1', 'ReplicaSet', 'young');
      const answer = owners.controllerOf(young, 'shop');
      await clock.advance(100);
      server.put(young, shop);
      await clock.advance(50);
      expect((await answer).controller).to.deep.include({ name: 'shop' });
      expect(gets()).to.deep.equal([]);
    });

    it('are no owner of a Pod in another namespace, or under another name', async () => {
      await start();
      expect(await controllerOf(set, 'bank')).to.equal('none');
      expect(await controllerOf({ ...set, name: 'other' })).to.equal('none');
    });

    it('are waited for as long as their first list takes, unless it fails', async () => {
      server.refused.set('list ReplicaSets', new ApiError(503));
      await start();
      expect(await controllerOf(set)).to.equal('shop');
      expect(gets()).to.have.length(1);
      server.refused.clear();
      await clock.advance(20_000);
      server.put(set, storefront);
      await clock.advance(1_000);
      expect(await controllerOf(set)).to.equal('storefront');
    });

    it('are watched no more when no Pod has had one for a while', async () => {
      server.put(sandbox, pool);
      used = [set, sandbox];
      await start();
      await controllerOf(sandbox);
      await clock.advance(20 * 60_000);
      expect([...watches.sizes()].map(([resource]) => resource)).to.include('sandboxs.agents.x-k8s.io');
      used = [set];
      await clock.advance(16 * 60_000);
      expect([...watches.sizes()].map(([resource]) => resource)).to.deep.equal([
        'replicasets.apps',
        'jobs.batch',
      ]);
      used = [];
      await clock.advance(20 * 60_000);
      expect(await controllerOf(set), 'ReplicaSets are watched always').to.equal('shop');
      expect(gets()).to.deep.equal([]);
    });
  });

  describe('where only get is allowed', () => {
    beforeEach(() => server.refused.set('list', forbidden));

    it('are read once, and again within two minutes: what has changed by then is told of', async () => {
      await start();
      expect(await controllerOf(set)).to.equal('shop');
      expect(await controllerOf(set)).to.equal('shop');
      expect(gets()).to.have.length(1);
      server.put(set, storefront);
      await clock.advance(120_000);
      expect(changes).to.deep.equal([[set.uid]]);
      expect(await controllerOf(set)).to.equal('storefront');
    });

    it('are adopted later by a Deployment, though they were orphans when their Pod was first seen', async () => {
      server.put(set);
      await start();
      expect(await controllerOf(set)).to.equal('none');
      server.put(set, shop);
      await clock.advance(120_000);
      expect(changes).to.deep.equal([[set.uid]]);
      expect(await controllerOf(set)).to.equal('shop');
    });

    it('are read once for the ten thousand Pods of a bare Job', async () => {
      const job = makeOwner('batch/v1', 'Job', 'bare');
      server.put(job);
      await start();
      for (let pod = 0; pod < 10_000; pod += 1) owners.controllerOf(job, 'shop').catch(() => {});
      expect(await controllerOf(job)).to.equal('none');
      expect(gets()).to.deep.equal(['get Jobs/shop/bare']);
    });

    it('are read at most 50 times a second, and forgotten when no Pod rests on them', async () => {
      const sets = Array.from({ length: 1_000 }, (_, at) => makeOwner('apps/v1', 'ReplicaSet', `many-${at}`));
      for (const one of sets) server.put(one, shop);
      used = sets;
      await start();
      await Promise.all([...sets.map((one) => owners.controllerOf(one, 'shop')), clock.advance(3_000)]);
      const before = gets().length;
      let busiest = 0;
      for (let second = 0; second < 130; second += 1) {
        const begun = gets().length;
        await clock.advance(1_000);
        busiest = Math.max(busiest, gets().length - begun);
      }
      expect(gets().length - before).to.be.at.least(1_000);
      expect(busiest).to.be.at.most(60);
      used = [];
      await clock.advance(20_000);
      const later = gets().length;
      await clock.advance(300_000);
      expect(gets().length).to.equal(later);
    });

    it('keep their last answer when they are gone, or must not be read any more', async () => {
      await start();
      expect(await controllerOf(set)).to.equal('shop');
      server.refused.set('get', forbidden);
      await clock.advance(150_000);
      expect(await controllerOf(set)).to.equal('shop');
      server.refused.delete('get');
      server.delete(set);
      await clock.advance(15 * 60_000);
      expect(await controllerOf(set)).to.equal('shop');
      expect(changes).to.deep.equal([]);
    });

    it('are watched as soon as that is allowed, and an administrator was told once that it was not', async () => {
      await start();
      await controllerOf(set);
      await clock.advance(11 * 60_000);
      const told = warnings.filter((text) => text.includes('replicasets.apps'));
      expect(told).to.have.length(1);
      expect(told[0]).to.contain('Allow list and watch');
      server.refused.clear();
      await clock.advance(6 * 60_000);
      server.put(set, storefront);
      await clock.advance(1_000);
      expect(changes.at(-1)).to.deep.equal([set.uid]);
      expect(await controllerOf(set)).to.equal('storefront');
      const before = gets().length;
      await clock.advance(300_000);
      expect(gets().length, 'none is read by itself any more').to.equal(before);
    });
  });

  describe('whose watch loses its permission', () => {
    it('keep their answers, and are read again from then on', async () => {
      await start();
      expect(await controllerOf(set)).to.equal('shop');
      server.refused.set('list', forbidden).set('watch', forbidden);
      server.break('ReplicaSet', new ApiError(410));
      await clock.advance(30_000);
      expect(await controllerOf(set)).to.equal('shop');
      server.put(set, storefront);
      await clock.advance(120_000);
      expect(changes).to.deep.equal([[set.uid]]);
      expect(await controllerOf(set)).to.equal('storefront');
    });

    it('keep their answers when get is taken away, too', async () => {
      await start();
      server.refused.set('list', forbidden).set('watch', forbidden).set('get', forbidden);
      server.break('ReplicaSet', new ApiError(410));
      await clock.advance(300_000);
      expect(await controllerOf(set)).to.equal('shop');
      expect(changes).to.deep.equal([]);
    });
  });
});
