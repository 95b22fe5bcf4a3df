import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { createPod } from '../cluster/workloads.ts';
import { useControlPlane } from '../support/control-plane.ts';
import { type CallFilter, type Fault, isPatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';
import { isLeaseCall } from './invariants/leadership.ts';
import { longestWait } from './newcomers.ts';
import { refuseWrites } from './refusing-policy.ts';
import { floodWithShortPods } from './short-pods.ts';
import { until } from './wait.ts';

const seed = 13;
const pods = 200;

/** Servers that are slow, refuse or are flooded cost what they must, and no more. */
describe('nothing starves and nothing storms:', function () {
  this.timeout(400_000);
  const fixture = useControlPlane();
  const isPodPatch: CallFilter = (call) => isPatch(call) && ofPods(call);

  describe('an operator that leads', () => {
    let arena: Arena;
    let instance: Instance;

    before('start it', async () => {
      arena = await Arena.open(fixture.plane, { seed, steadyPods: pods, election: true });
      instance = await arena.startInstance();
      await arena.settled();
    });
    after('stop it', () => arena?.close());
    const undo: (() => unknown)[] = [];
    afterEach('end what a test that failed has left', async () => {
      for (const end of undo.splice(0)) await end();
    });

    /** Does this to every such call until it is lifted, or the test ends. */
    const inject = (fault: Fault, filter: CallFilter) => {
      const rule = instance.proxy.inject(fault, filter);
      undo.push(rule.lift);
      return rule;
    };
    /** The calls of that kind from now on. */
    const count = (filter: CallFilter) => {
      const calls: string[] = [];
      const end = instance.proxy.listen(({ kind, call }) => {
        if (kind === 'arrived' && filter(call)) calls.push(call.path);
      });
      return { calls, end };
    };
    const warnings = () =>
      instance.logs().filter(({ level }) => level === 'warn' || level === 'error').length;

    /** Each Pod once, those that change among them; then the rate that all retries share. */
    const allowedIn = (seconds: number) => pods + 50 + 100 + 10 * seconds;

    it('goes on leading while each write of a Pod takes 5 s', async () => {
      const rule = inject({ kind: 'slow', ms: 5_000 }, isPodPatch);
      const renewals = count(isLeaseCall);
      await arena.changePlugin();
      await until('writes to be slow', () => rule.hits >= 40);
      await delay(5_000);
      const before = renewals.calls.length;
      expect(await instance.leads(), 'it leads').to.equal(true);
      await until('the Lease to be renewed', () => renewals.calls.length > before);
      rule.lift();
      renewals.end();
      await arena.comesOutRight(instance);
      expect(instance.logged('lost the lease'), 'terms that ended').to.have.length(0);
    });

    it('sends few calls and few lines to a server that answers 429 with Retry-After to everything but the Lease', async () => {
      const [before, begin] = [warnings(), Date.now()];
      const patches = count(isPodPatch);
      const rule = inject(
        { kind: 'status', status: 429, retryAfterSeconds: 1 },
        (call) => !isLeaseCall(call),
      );
      await arena.changePlugin();
      instance.proxy.reset((call) => !isLeaseCall(call));
      // The plugin's change is known only once its watch works again, so Pods change by themselves.
      await arena.churn(50);
      await delay(10_000);
      const seconds = (Date.now() - begin) / 1000;
      rule.lift();
      patches.end();
      expect(await instance.leads(), 'it leads').to.equal(true);
      expect(patches.calls.length, `PATCHes in ${seconds} s`).to.be.at.most(allowedIn(seconds));
      expect(warnings() - before, `warnings in ${seconds} s`).to.be.at.most(40);
      await arena.comesOutRight(instance);
    });

    it('sends few calls and few lines while a server answers 429 with Retry-After to every write of a Pod', async () => {
      const before = warnings();
      const rule = inject({ kind: 'status', status: 429, retryAfterSeconds: 1 }, isPodPatch);
      const begin = Date.now();
      await arena.changePlugin();
      await until('writes to be refused', () => rule.hits > 0);
      await delay(10_000);
      const seconds = (Date.now() - begin) / 1000;
      const hits = rule.hits;
      rule.lift();
      expect(hits, `PATCHes in ${seconds} s`).to.be.at.most(allowedIn(seconds));
      expect(warnings() - before, `warnings in ${seconds} s`).to.be.at.most(20);
      await arena.comesOutRight(instance);
    });

    it('asks seldom where a policy refuses its writes, works elsewhere, and heals when the policy is gone', async () => {
      const namespace = await arena.openNamespace('refused');
      await arena.createPods(pods, namespace);
      await arena.settled();
      const take = await refuseWrites(fixture.plane, namespace);
      undo.push(() => take());
      const before = warnings();
      const refused = count((call) => isPodPatch(call) && call.path.includes(`/namespaces/${namespace}/`));
      await arena.changePlugin();
      await until('a write to be refused', () => refused.calls.length > 0);
      await until('the other Pods to be done', () => arena.upToDate >= pods);
      const first = refused.calls.length;
      await delay(15_000);
      // What was on its way is one for each worker; after that one Pod tries at a time.
      expect(first, 'writes that were under way').to.be.at.most(150);
      expect(refused.calls.length - first, 'later ones, in 15 s').to.be.at.most(15);
      expect(warnings() - before, 'warnings').to.be.at.most(20);
      refused.end();
      await take();
      await arena.comesOutRight(instance);
    });

    it('sends no call any more for namespaces that are deleted', async () => {
      const { api } = fixture.plane;
      const doomed = await Promise.all(['doomed-1', 'doomed-2'].map((name) => arena.openNamespace(name)));
      for (const namespace of doomed) {
        await arena.createPods(10, namespace);
        // The operator may not read these, and waits for the right to.
        const owner = await api.request<{ metadata: { name: string; namespace: string; uid: string } }>(
          'POST',
          `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
          { metadata: { name: 'owner' }, spec: { maxUnavailable: 1 } },
        );
        const asked = count(({ path }) =>
          path.endsWith(`/namespaces/${namespace}/poddisruptionbudgets/owner`),
        );
        await createPod(api, {
          namespace,
          name: 'owned',
          owner: { ...owner, apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
        });
        await until('the owner to be asked for', () => asked.calls.length > 0);
        asked.end();
      }
      await arena.changePlugin();
      await Promise.all(doomed.map((namespace) => arena.deleteNamespace(namespace)));
      let last = Date.now();
      const end = instance.proxy.listen(({ kind, call }) => {
        if (kind === 'arrived' && doomed.some((name) => call.path.includes(`/namespaces/${name}/`))) {
          last = Date.now();
        }
      });
      // The right to read an owner is asked for every 5 s.
      await until('no call for 20 s', () => Date.now() - last > 20_000);
      end();
      await arena.comesOutRight(instance);
    });
  });

  it('a flood of short Pods in one namespace, more than may be written, delays no new Pod in another', async () => {
    const arena = await Arena.open(fixture.plane, { seed, config: 'writesPerSecond: 20' });
    try {
      const instance = await arena.startInstance();
      await arena.settled();
      const [flooded, quiet] = [await arena.openNamespace('flooded'), await arena.openNamespace('quiet')];
      const { api } = fixture.plane;
      const flood = floodWithShortPods({
        api,
        namespace: flooded,
        perSecond: 60,
        livesMs: 15_000,
        ms: 20_000,
      });
      await until('Pods to wait', async () => (await instance.sum('workqueue_depth{name="pod"')) >= 100);
      await longestWait({ api, namespace: quiet, boundMs: 15_000 }, flood);
      await arena.comesOutRight(instance);
    } finally {
      await arena.close();
    }
  });
});
