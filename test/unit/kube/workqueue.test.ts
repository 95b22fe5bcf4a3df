import { expect } from 'chai';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import { RetryAfterError, TerminalError } from '../../../operator/kube/queue/reconcile-errors.ts';
import { WorkQueue } from '../../../operator/kube/queue/workqueue.ts';
import { noMetrics } from '../../../operator/kube/queue/workqueue-metrics.ts';
import type { Handler, WorkQueueOptions } from '../../../operator/kube/queue/workqueue-options.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

/** A handler's call that the test ends. */
interface Call {
  readonly key: string;
  end(): void;
  fail(error: unknown): void;
}

describe('WorkQueue', () => {
  let clock: ManualClock;
  let calls: Call[];
  let stop: AbortController;
  let ended: Promise<void>;
  let queue: WorkQueue;
  let handler: Handler;
  let log: ReturnType<typeof recordingLogger>;

  /** A queue whose handler's calls are kept for the test to end. */
  function make({
    handler: given = (key) =>
      new Promise((resolve, reject) => {
        calls.push({ key, end: resolve, fail: reject });
      }),
    ...options
  }: Partial<WorkQueueOptions> & { readonly handler?: Handler } = {}): void {
    handler = given;
    log = recordingLogger();
    queue = new WorkQueue({
      name: 'test',
      concurrency: 10,
      maxDelayMs: 1_000,
      logger: log.logger,
      clock,
      random: () => 1,
      ...options,
    });
  }

  function run(): void {
    ended = queue.run(stop.signal, handler);
  }

  const keys = () => calls.map(({ key }) => key);
  const call = (index: number) => {
    const found = calls[index];
    if (found === undefined) throw new Error(`there is no call ${index}`);
    return found;
  };

  beforeEach(() => {
    clock = new ManualClock();
    calls = [];
    stop = new AbortController();
    ended = Promise.resolve();
  });

  afterEach(async () => {
    stop.abort();
    for (const { end } of calls) end();
    await ended;
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  it('lets handlers at work finish within a second when it is told to end, and then ends what they wait for', async () => {
    const signals: AbortSignal[] = [];
    make({
      handler: (key, signal) => {
        signals.push(signal);
        return new Promise((resolve, reject) => {
          calls.push({ key, end: resolve, fail: reject });
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
    });
    run();
    queue.add('quick');
    queue.add('hanging');
    await settle();
    stop.abort();
    call(0).end();
    await clock.advance(999);
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false, false]);
    await clock.advance(1);
    await ended;
    expect(log.lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
    expect(queue.depth, 'what was ended is handled again').to.equal(1);
    stop = new AbortController();
    run();
    await settle();
    expect(keys()).to.deep.equal(['quick', 'hanging', 'hanging']);
    expect(signals[2]?.aborted).to.equal(false);
    call(2).end();
  });

  it('handles a key once, however often it was added', async () => {
    make();
    for (let i = 0; i < 3; i++) queue.add('a');
    expect(queue.depth).to.equal(1);
    run();
    await settle();
    expect(keys()).to.deep.equal(['a']);
  });

  it('never starts a handler inside add', async () => {
    make();
    run();
    queue.add('a');
    expect(calls).to.deep.equal([]);
    await settle();
    expect(keys()).to.deep.equal(['a']);
  });

  it('gives a key to one worker at a time, and handles it again when it was added meanwhile', async () => {
    make();
    run();
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(keys()).to.deep.equal(['a']);
    call(0).end();
    await settle();
    expect(keys()).to.deep.equal(['a', 'a']);
    call(1).end();
    await settle();
    expect(keys()).to.deep.equal(['a', 'a']);
  });

  it('runs no more handlers at a time than it may', async () => {
    make({ concurrency: 2 });
    run();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    expect(keys()).to.deep.equal(['a', 'b']);
    call(0).fail(new Error('no'));
    await settle();
    expect(keys()).to.deep.equal(['a', 'b', 'c']);
  });

  it('takes higher priorities first, and keys of one priority in order', async () => {
    make({ concurrency: 1 });
    queue.add('sweep-1');
    queue.add('new-1', { priority: 1 });
    queue.add('sweep-2');
    queue.add('new-2', { priority: 1 });
    run();
    for (let i = 0; i < 4; i++) {
      await settle();
      call(i).end();
    }
    expect(keys()).to.deep.equal(['new-1', 'new-2', 'sweep-1', 'sweep-2']);
  });

  it('moves a waiting key up, but never down', async () => {
    make({ concurrency: 1 });
    queue.add('a');
    queue.add('b', { priority: 2 });
    queue.add('c');
    queue.add('c', { priority: 1 });
    queue.add('b', { priority: 0 });
    run();
    for (let i = 0; i < 3; i++) {
      await settle();
      call(i).end();
    }
    expect(keys()).to.deep.equal(['b', 'c', 'a']);
  });

  describe('when a handler fails', () => {
    it('tries again, twice as late each time, up to the cap', async () => {
      make({ baseDelayMs: 100, maxDelayMs: 400 });
      run();
      queue.add('a');
      await settle();
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        while (calls.length <= i) await clock.advance(10);
        times.push(clock.now() - 1_000_000);
        call(i).fail(new Error('no'));
        await settle();
      }
      expect(times).to.deep.equal([0, 100, 300, 700, 1_100]);
    });

    it('starts with the first delay again after a success', async () => {
      make({ baseDelayMs: 100, handler: handlerOf(['no', 'no', undefined, 'no', undefined]) });
      run();
      queue.add('a');
      await clock.advance(300);
      expect(keys()).to.have.length(3);
      queue.add('a');
      await clock.advance(100);
      expect(keys()).to.have.length(5);
    });

    it('backs each key off on its own', async () => {
      make({ baseDelayMs: 100 });
      run();
      queue.add('bad');
      await settle();
      call(0).fail(new Error('no'));
      queue.add('good');
      await settle();
      expect(keys()).to.deep.equal(['bad', 'good']);
    });

    it('holds its back-off, whoever adds it and however often', async () => {
      make({ baseDelayMs: 1_000, maxDelayMs: 60_000, handler: handlerOf(Array(9).fill('no')) });
      run();
      queue.add('a');
      for (let second = 0; second < 60; second++) {
        await clock.advance(500);
        queue.add('a', { priority: 1 });
        queue.addAfter('a', 100);
        await clock.advance(500);
      }
      // At 0, 1, 3, 7, 15 and 31 seconds.
      expect(keys()).to.have.length(6);
    });

    it('is handled at once for what is new to it, and not once more for its retry', async () => {
      make({ baseDelayMs: 1_000, handler: handlerOf(['no', undefined]) });
      run();
      queue.add('a');
      await settle();
      queue.add('a', { atOnce: true });
      await settle();
      expect(keys()).to.have.length(2);
      await clock.advance(5_000);
      expect(keys()).to.have.length(2);
    });

    it('is handled at once for what is new, too, when that came during the call that failed', async () => {
      make({ baseDelayMs: 1_000 });
      run();
      queue.add('a');
      await settle();
      queue.add('a', { atOnce: true });
      queue.add('a');
      call(0).fail(new Error('no'));
      await settle();
      expect(keys()).to.have.length(2);
    });

    it('comes after its back-off with the priority that it was added with meanwhile', async () => {
      make({ concurrency: 1, baseDelayMs: 100 });
      run();
      queue.add('failed');
      await settle();
      call(0).fail(new Error('no'));
      await settle();
      queue.add('failed', { priority: 1 });
      for (const key of ['a', 'b', 'c']) queue.add(key);
      await clock.advance(100);
      call(1).end();
      await settle();
      expect(keys()).to.deep.equal(['failed', 'a', 'failed']);
    });

    it('waits as long as the API server asks', async () => {
      make({ baseDelayMs: 5, handler: handlerOf([new ApiError(429, {}, 700), undefined]) });
      run();
      queue.add('a');
      await clock.advance(690);
      expect(keys()).to.have.length(1);
      await clock.advance(20);
      expect(keys()).to.have.length(2);
    });

    describe('for ten thousand keys', () => {
      const many = 10_000;
      let failing: boolean;
      let retries: number;

      /** All have failed once, a moment ago. */
      async function failAll(add = (key: string) => queue.add(key)): Promise<void> {
        failing = true;
        const tried = new Set<string>();
        retries = 0;
        make({
          concurrency: 64,
          maxDelayMs: 60_000,
          handler: async (key) => {
            if (tried.has(key)) retries++;
            tried.add(key);
            if (failing) throw new ApiError(429, { message: 'slow down' });
          },
        });
        run();
        for (let index = 0; index < many; index++) add(`key-${index}`);
        while (tried.size < many) await settle();
      }

      it('tries a hundred again, and then ten a second', async () => {
        await failAll();
        await clock.advance(1_000);
        expect(retries).to.be.within(100, 111);
        await clock.advance(60_000);
        expect(retries).to.be.within(690, 712);
      });

      it('holds that pace when each of them is added for what is new', async () => {
        await failAll();
        for (let second = 0; second < 10; second++) {
          for (let index = 0; index < many; index++) queue.add(`key-${index}`, { atOnce: true });
          await clock.advance(1_000);
        }
        expect(retries).to.be.within(190, 203);
      });

      it('lets those of each flow take turns, so that one namespace keeps no other from its retries', async () => {
        const tries: number[] = [];
        make({
          concurrency: 64,
          maxDelayMs: 60_000,
          flowOf: (key) => key.split('/')[0] ?? '',
          handler: async (key) => {
            if (key === 'bank/pod' && tries.push(clock.now()) === 2) return;
            throw new ApiError(500, { message: 'the owner cannot be read' });
          },
        });
        run();
        for (let pod = 0; pod < 5_000; pod++) queue.add(`shop/pod-${pod}`);
        await clock.advance(60_000);
        queue.add('bank/pod');
        await clock.advance(1_000);
        expect(tries, 'tries within a second').to.have.length(2);
      });

      it('lets other keys pass meanwhile', async () => {
        await failAll();
        failing = false;
        queue.add('new');
        await settle();
        expect(retries).to.equal(0);
        expect(queue.size, 'only the failed ones are left').to.equal(many);
      });

      it('lets all come back within seconds once their retries succeed', async () => {
        await failAll();
        await clock.advance(1_000);
        failing = false;
        await clock.advance(5_000);
        expect(queue.size).to.equal(0);
      });

      it('warns once a cause, then once a minute with the number, and says when it is over', async () => {
        await failAll();
        await clock.advance(120_000);
        failing = false;
        await clock.advance(120_000);
        const told = log.lines.filter(({ level }) => level !== 'debug');
        expect(told.map(({ level }) => level)).to.deep.equal(['warn', 'warn', 'warn', 'info']);
        expect(told[0]).to.deep.include({
          key: 'key-0',
          failures: 1,
          error: '429 TooManyRequests: slow down',
        });
        expect(told[1]?.msg).to.match(/^test: 10\d{3} more failures for the same reason, of key-\d+ last$/);
        const counts = told.slice(1, 3).map(({ count }) => Number(count));
        expect(counts[1], 'ten a second').to.be.within(590, 610);
        expect(told[3], 'all of them').to.include({ total: 1 + (counts[0] ?? 0) + (counts[1] ?? 0) });
        expect(log.lines.filter(({ level }) => level === 'debug').length).to.equal(
          Number(told[3]?.total) - 1,
        );
      });
    });

    it('never retries a TerminalError', async () => {
      make({ handler: handlerOf([new TerminalError('hopeless')]) });
      run();
      queue.add('a');
      await clock.advance(100_000);
      expect(keys()).to.have.length(1);
      expect(log.lines.map(({ level }) => level)).to.deep.equal(['error']);
      expect(queue.size).to.equal(0);
    });

    it('calls again after the time that a RetryAfterError gives, without a word', async () => {
      make({ handler: handlerOf([new RetryAfterError(5_000), undefined]) });
      run();
      queue.add('a');
      await clock.advance(4_999);
      expect(keys()).to.have.length(1);
      await clock.advance(1);
      expect(keys()).to.have.length(2);
      expect(log.lines).to.deep.equal([]);
    });
  });

  describe('delays', () => {
    it('adds a key after its time, the earliest of several', async () => {
      make();
      run();
      queue.addAfter('a', 500);
      queue.addAfter('b', 300);
      queue.addAfter('a', 100);
      queue.addAfter('a', 900);
      await clock.advance(100);
      expect(keys()).to.deep.equal(['a']);
      await clock.advance(200);
      expect(keys()).to.deep.equal(['a', 'b']);
      call(0).end();
      await clock.advance(10_000);
      expect(keys()).to.deep.equal(['a', 'b']);
    });

    it('keeps a delay that was asked for when the key is handled before', async () => {
      make({ handler: handlerOf([undefined, undefined]) });
      run();
      queue.addAfter('a', 500);
      queue.add('a');
      await clock.advance(400);
      expect(keys()).to.have.length(1);
      await clock.advance(100);
      expect(keys()).to.have.length(2);
    });
  });

  describe('forget', () => {
    it('drops a key that waits, is delayed, or is to be handled again', async () => {
      make({ concurrency: 1 });
      run();
      queue.add('running');
      await settle();
      queue.add('running');
      queue.add('waiting');
      queue.addAfter('delayed', 10);
      for (const key of ['running', 'waiting', 'delayed']) queue.forget(key);
      call(0).fail(new Error('gone'));
      await clock.advance(100_000);
      expect(keys()).to.deep.equal(['running']);
      expect(queue.size).to.equal(0);
    });

    it('still gives a key that comes back to one worker at a time', async () => {
      make();
      run();
      queue.add('a');
      await settle();
      queue.forget('a');
      queue.add('a');
      await settle();
      expect(keys()).to.deep.equal(['a']);
      call(0).end();
      await settle();
      expect(keys()).to.deep.equal(['a', 'a']);
    });
  });

  describe('end', () => {
    it('starts nothing after the abort, and resolves when the handlers at work have ended', async () => {
      make({ concurrency: 1 });
      run();
      queue.add('a');
      queue.add('b');
      await settle();
      let over = false;
      const done = ended.then(() => {
        over = true;
      });
      stop.abort();
      await settle();
      expect(over).to.equal(false);
      call(0).end();
      await done;
      expect(keys()).to.deep.equal(['a']);
    });

    it('handles what is left, and what was interrupted, when it runs again', async () => {
      make({ concurrency: 1 });
      run();
      queue.add('a');
      queue.add('b');
      await settle();
      stop.abort();
      call(0).fail(new Error('aborted'));
      await ended;
      stop = new AbortController();
      run();
      await settle();
      call(1).end();
      await settle();
      expect(keys()).to.deep.equal(['a', 'b', 'a']);
      expect(log.lines).to.deep.equal([]);
    });
  });

  it('takes other reasons for other causes, and an unbounded number of them for kinds of error', async () => {
    make({ handler: handlerOf(Array.from({ length: 3_000 }, (_, index) => refusal(index))) });
    run();
    for (let index = 0; index < 3_000; index++) queue.add(`key-${index}`);
    await settle();
    const warnings = log.lines.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ error }) => error)).to.include.members([
      '403 Forbidden: pods "web-0" is forbidden: policy 0 says no',
      '403 Forbidden: pods "web-1" is forbidden: team b says no',
      '500 InternalError: failed calling webhook "w.example.com": timeout after 10002 ms',
    ]);
    expect(warnings.length, 'warnings').to.be.within(32, 36);

    /** Of each kind a third: the same but for the Pod and numbers; all of them different. */
    function refusal(index: number): ApiError {
      const details = { name: `web-${index}` };
      const words = [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      const message = `pods "web-${index}" is forbidden: ${index % 3 === 0 ? `policy ${index}` : `team ${words}`} says no`;
      if (index % 3 < 2) return new ApiError(403, { message, details });
      return new ApiError(500, {
        message: `failed calling webhook "w.example.com": timeout after 1000${index % 7} ms`,
      });
    }
  });

  it('tells of the failures that were not told of yet when its work ends', async () => {
    make({ handler: handlerOf(['no', 'no', 'no']) });
    run();
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settle();
    stop.abort();
    await ended;
    expect(log.lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).to.deep.equal([
      'test: a failed, trying again',
      'test: 2 more failures for the same reason, of c last',
    ]);
  });

  it('is idle when nothing waits or runs', async () => {
    make();
    await queue.whenIdle();
    run();
    queue.add('a');
    let idle = false;
    const done = queue.whenIdle().then(() => {
      idle = true;
    });
    await settle();
    expect(idle).to.equal(false);
    call(0).end();
    await done;
    expect(queue.size).to.equal(0);
  });

  it("reports controller-runtime's numbers", async () => {
    const seen: (string | number)[][] = [];
    const note = (metric: string) => (_queue: string, value: string | number) => seen.push([metric, value]);
    make({
      concurrency: 1,
      handler: handlerOf([
        undefined,
        new RetryAfterError(9_000),
        new ApiError(409),
        'no',
        new TerminalError(),
      ]),
      metrics: {
        added: () => {},
        depth: note('depth'),
        waited: note('waited'),
        worked: () => {},
        retried: () => seen.push(['retried']),
        reconciled: note('reconciled'),
        activeWorkers: note('active'),
        followWork: () => {},
      },
    });
    queue.add('a');
    await clock.advance(2_000);
    run();
    await settle();
    expect(seen).to.deep.equal([
      ['depth', 1],
      ['waited', 2],
      ['active', 1],
      ['depth', 0],
      ['active', 0],
      ['reconciled', 'success'],
    ]);
    seen.length = 0;
    for (const key of ['b', 'c', 'd', 'e']) queue.add(key);
    await settle();
    expect(seen.filter(([metric]) => metric === 'reconciled' || metric === 'retried')).to.deep.equal([
      ['reconciled', 'requeue_after'],
      ['retried'],
      ['reconciled', 'requeue'],
      ['retried'],
      ['reconciled', 'error'],
      ['retried'],
      ['reconciled', 'error'],
    ]);
  });

  it("tells for how long each handler is at work that has not ended, as client-go's metrics do", async () => {
    let atWork: () => number[] = () => [];
    make({
      metrics: {
        ...noMetrics,
        followWork: (_queue, seconds) => {
          atWork = seconds;
        },
      },
    });
    run();
    queue.add('stuck');
    await clock.advance(3_000);
    queue.add('b');
    await clock.advance(1_000);
    expect(atWork()).to.deep.equal([4, 1]);
    call(0).end();
    await settle();
    expect(atWork()).to.deep.equal([1]);
  });

  /** A handler whose calls end at once as the script says: undefined succeeds, all else is thrown. */
  function handlerOf(script: unknown[]): (key: string) => Promise<void> {
    return async (key) => {
      calls.push({ key, end: () => {}, fail: () => {} });
      const outcome = script.shift();
      if (outcome !== undefined) throw outcome;
    };
  }
});
