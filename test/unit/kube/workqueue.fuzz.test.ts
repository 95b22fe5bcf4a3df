import { expect } from 'chai';
import { RetryAfterError, TerminalError } from '../../../operator/kube/queue/reconcile-errors.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const keys = Array.from({ length: 12 }, (_, index) => `key-${index}`);
const concurrency = 3;
const steps = 400;

describe('WorkQueue under a random mix of everything', () => {
  for (const seed of [1, 2, 3, Date.now() % 1_000_000]) {
    it(`loses no change, runs no key twice at a time, and keeps nothing (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T => {
        const item = from[Math.floor(random() * from.length)];
        if (item === undefined) throw new Error('nothing to pick from');
        return item;
      };
      const clock = new ManualClock();
      const running = new Set<string>();
      /** Changes that no handler has seen the start of yet. */
      const unseen = new Set<string>();
      const violations: string[] = [];
      let calm = false;

      const handler = async (key: string): Promise<void> => {
        // Kept, not thrown: what a handler throws is an outcome.
        if (running.has(key)) violations.push(`${key} at two workers`);
        running.add(key);
        if (running.size > concurrency) violations.push(`${running.size} workers`);
        unseen.delete(key);
        try {
          await clock.sleep(Math.floor(random() * 20));
          if (calm) return;
          const dice = random();
          if (dice < 0.2) throw new Error('a fault');
          if (dice < 0.3) throw new RetryAfterError(Math.floor(random() * 50));
          if (dice < 0.35) throw new TerminalError('hopeless');
        } finally {
          running.delete(key);
        }
      };
      const queue = new WorkQueue({
        name: 'fuzz',
        concurrency,
        logger: silentLogger,
        clock,
        random,
        maxDelayMs: 100,
      });
      let stop = new AbortController();
      let ended = queue.run(stop.signal, handler);
      const actions = [
        (key: string) => {
          unseen.add(key);
          queue.add(key, { priority: Math.floor(random() * 3) });
        },
        (key: string) => {
          unseen.add(key);
          queue.addAfter(key, Math.floor(random() * 60));
        },
        (key: string) => {
          unseen.delete(key);
          queue.forget(key);
        },
      ];

      for (let step = 0; step < steps; step++) {
        const dice = random();
        if (dice < 0.9) pick(actions)(pick(keys));
        else if (dice < 0.98) await clock.advance(Math.floor(random() * 30));
        else {
          stop.abort();
          await clock.advance(20);
          await ended;
          stop = new AbortController();
          ended = queue.run(stop.signal, handler);
        }
      }
      calm = true;
      await clock.advance(1_000);
      await settle();

      expect(violations).to.deep.equal([]);
      expect([...unseen], 'changes that were never handled').to.deep.equal([]);
      expect(queue.size, 'keys that are still held').to.equal(0);
      expect(queue.depth).to.equal(0);
      stop.abort();
      await ended;
    });
  }
});
