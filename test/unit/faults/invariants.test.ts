import { expect } from 'chai';
import { GoingPods } from '../../faults/invariants/going-pods.ts';
import { LeadershipWatch } from '../../faults/invariants/leadership.ts';
import { RequestRates } from '../../faults/invariants/request-rates.ts';
import { Standstill } from '../../faults/invariants/standstill.ts';
import type { Call, CallEvent, FaultProxy } from '../../support/fault-proxy.ts';

const call = (method: string, path: string, { query = '', body = '' } = {}): Call => ({
  method,
  path,
  query: new URLSearchParams(query),
  body,
});

/** The listeners' side of a proxy. */
function wire(): { proxy: Pick<FaultProxy, 'listen'>; tell: (event: CallEvent) => void } {
  const listeners = new Set<(event: CallEvent) => void>();
  return {
    proxy: {
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
  };
}

describe('the invariants of the fault tests', () => {
  const podWatch = call('GET', '/api/v1/pods', { query: 'watch=true' });
  const line = (type: string, metadata: object) =>
    Buffer.from(`${JSON.stringify({ type, object: { metadata } })}\n`);
  const patch = call('PATCH', '/api/v1/namespaces/shop/pods/web', {
    body: JSON.stringify({ metadata: { uid: '1' } }),
  });
  let now = 0;
  const clock = () => now;
  beforeEach(() => {
    now = Date.UTC(2040, 0);
  });

  describe('no write to a Pod that is going', () => {
    const going = line('MODIFIED', { uid: '1', name: 'web', deletionTimestamp: '2026-01-01T00:00:00Z' });
    const follow = (standstill = new Standstill(clock)) => {
      const { proxy, tell } = wire();
      const pods = new GoingPods(clock);
      pods.follow(proxy, standstill);
      return { pods, tell };
    };

    it('notes a write that comes long after the operator was told, even in two pieces', () => {
      const { pods, tell } = follow();
      tell({ kind: 'passed', call: podWatch, bytes: going.subarray(0, 20) });
      tell({ kind: 'passed', call: podWatch, bytes: going.subarray(20) });
      now += 20_000;
      tell({ kind: 'arrived', call: patch });
      expect(pods.violations).to.have.length(1);
      expect(pods.violations[0]).to.include('/namespaces/shop/pods/web was written 20000 ms after');
    });

    it('lets pass what was on its way, what the operator can not have read, and what it was only told in part', () => {
      const { pods, tell } = follow();
      tell({ kind: 'passed', call: podWatch, bytes: going });
      now += 500;
      tell({ kind: 'arrived', call: patch });
      tell({ kind: 'lost', call: podWatch });
      now += 20_000;
      tell({ kind: 'arrived', call: patch });
      tell({ kind: 'passed', call: podWatch, bytes: going.subarray(0, -1) });
      now += 20_000;
      tell({ kind: 'arrived', call: patch });
      expect(pods.violations).to.deep.equal([]);
    });

    it('lets pass the write of one that was paused', () => {
      const standstill = new Standstill(clock);
      const { pods, tell } = follow(standstill);
      tell({ kind: 'passed', call: podWatch, bytes: going });
      standstill.begin()();
      now += 20_000;
      tell({ kind: 'arrived', call: patch });
      expect(pods.violations).to.deep.equal([]);
    });
  });

  describe('leadership is not lost while the calls for the Lease are answered', () => {
    const renewal = () => call('PUT', '/apis/coordination.k8s.io/v1/namespaces/luaplugin-system/leases/one');
    const follow = () => {
      const { proxy, tell } = wire();
      const leadership = new LeadershipWatch(3_000, clock);
      const readLog = leadership.follow(proxy, new Standstill(clock));
      const lose = () =>
        readLog([{ level: 'warn', msg: 'lost the lease', time: new Date(now).toISOString(), identity: 'a' }]);
      const renewed = (status: number, ms: number) => {
        const one = renewal();
        tell({ kind: 'arrived', call: one });
        now += ms;
        tell({ kind: 'answered', call: one, status });
      };
      return { leadership, lose, renewed, tell };
    };

    it('notes a loss when all were answered, or none was made', () => {
      const { leadership, lose, renewed } = follow();
      renewed(200, 50);
      now += 4_000;
      lose();
      expect(leadership.violations).to.have.length(1);
      expect(leadership.violations[0]).to.include('a lost the lease');
    });

    it('lets pass a loss that is told long after the calls that were not answered', () => {
      const { leadership, lose, renewed } = follow();
      renewed(200, 50);
      renewed(503, 50);
      now += 30_000;
      lose();
      expect(leadership.violations).to.deep.equal([]);
    });

    it('lets pass a loss after a call that was refused, slow, lost or still waits', () => {
      const { leadership, lose, renewed, tell } = follow();
      renewed(503, 50);
      lose();
      now += 60_000;
      renewed(200, 2_000);
      lose();
      now += 60_000;
      const one = renewal();
      tell({ kind: 'arrived', call: one });
      tell({ kind: 'lost', call: one });
      lose();
      now += 60_000;
      tell({ kind: 'arrived', call: renewal() });
      now += 3_000;
      lose();
      expect(leadership.violations).to.deep.equal([]);
    });
  });

  describe('requests per minute are bounded', () => {
    const follow = () => {
      const { proxy, tell } = wire();
      const rates = new RequestRates(undefined, clock);
      rates.follow(proxy)();
      for (let uid = 0; uid < 50; uid += 1) {
        tell({
          kind: 'passed',
          call: podWatch,
          bytes: line('ADDED', { uid: String(uid), name: `web-${uid}` }),
        });
      }
      const writes = (count: number) => {
        for (let index = 0; index < count; index += 1) tell({ kind: 'arrived', call: patch });
      };
      return { rates, tell, writes };
    };

    it('notes once a storm of writes that nothing asked for', () => {
      const { rates, writes } = follow();
      writes(50 + 50 + 700);
      expect(rates.violations).to.deep.equal([]);
      writes(100);
      expect(rates.violations).to.have.length(1);
      expect(rates.violations[0]).to.include(
        'PATCH of Pods: 801 calls within a minute, where 800 are allowed',
      );
    });

    it('allows more as Pods and the plugin change, and forgets what is older than a minute', () => {
      const { rates, tell, writes } = follow();
      rates.pluginChanges();
      writes(850);
      now += 60_001;
      writes(50 + 700);
      tell({
        kind: 'passed',
        call: podWatch,
        bytes: line('MODIFIED', { uid: '1', labels: { service: 'new' } }),
      });
      writes(1);
      expect(rates.violations).to.deep.equal([]);
      expect(rates.peaks[0]?.[0]).to.equal('PATCH of Pods');
      writes(1);
      expect(rates.violations).to.have.length(1);
    });
  });
});
