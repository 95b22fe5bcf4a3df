import { expect } from 'chai';
import {
  PartError,
  RunGroup,
  type RunGroupOptions,
  type Runnable,
  StuckPartError,
} from '../../../operator/process/run-group.ts';
import { aborted } from '../../../operator/time/aborted.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

describe('RunGroup', () => {
  let clock: ManualClock;
  /** What happened, in order. */
  let log: string[];

  beforeEach(() => {
    clock = new ManualClock();
    log = [];
  });

  function makeGroup(options: Partial<RunGroupOptions> = {}): RunGroup {
    return new RunGroup({ clock, logger: recordingLogger().logger, endMs: 1_000, ...options });
  }

  /** A part that takes so long to end. */
  function part(name: string, windDownMs = 0): Runnable {
    return {
      run: async (signal) => {
        await aborted(signal);
        log.push(`${name} told`);
        await clock.sleep(windDownMs);
        log.push(`${name} ended`);
      },
    };
  }

  /** A part that fails when the test says so. */
  function failing() {
    const { promise, reject } = Promise.withResolvers<void>();
    return { fail: (message: string) => reject(new Error(message)), run: () => promise };
  }

  function outcome(group: RunGroup): Promise<unknown> {
    return group.ended.then(
      () => 'ended well',
      (error: unknown) => error,
    );
  }

  it('ends all others when a part fails, waits for them, and then rejects with the first cause', async () => {
    const group = makeGroup();
    const [first, second] = [failing(), failing()];
    group.start('quick', part('quick'));
    group.start('slow', part('slow', 500));
    group.start('first', first);
    group.start('second', second);
    let told: unknown;
    void outcome(group).then((value) => {
      told = value;
    });
    first.fail('boom');
    await settle();
    expect(group.failure?.message).to.equal('first: boom');
    second.fail('a consequence');
    await clock.advance(499);
    expect(told, 'while a part still works').to.equal(undefined);
    expect(log).to.include.members(['quick ended', 'slow told']);
    await clock.advance(1);
    expect(told).to.be.instanceOf(PartError).and.include({ message: 'first: boom' });
    expect(log).to.include('slow ended');
  });

  it('takes a part that ends without being told to for one that failed', async () => {
    const group = makeGroup();
    group.start('other', part('other'));
    group.start('short', { run: async () => {} });
    expect(await outcome(group)).to.include({ message: 'short: it ended by itself' });
    expect(log).to.include('other ended');
  });

  it('lets a part end that has nothing more to do, where that was said', async () => {
    const group = makeGroup();
    group.start('task', { run: async () => {} }, { mayEnd: true });
    await settle();
    expect(group.failure).to.equal(undefined);
    await group.stop();
    expect(await outcome(group)).to.equal('ended well');
  });

  it('tells the part that was started last first, and may be stopped twice', async () => {
    const group = makeGroup();
    for (const name of ['a', 'b', 'c']) group.start(name, part(name));
    await Promise.all([group.stop(), group.stop()]);
    await group.stop();
    expect(log.filter((line) => line.endsWith('told'))).to.deep.equal(['c told', 'b told', 'a told']);
    expect(await outcome(group)).to.equal('ended well');
    expect(clock.sleepers, 'sleeps left behind').to.equal(0);
  });

  it('ends with its signal, and starts nothing afterwards', async () => {
    const parent = new AbortController();
    const group = makeGroup({ signal: parent.signal });
    group.start('a', part('a'));
    parent.abort();
    group.start('late', part('late'));
    expect(await outcome(group)).to.equal('ended well');
    expect(log).to.deep.equal(['a told', 'a ended']);
    const none = makeGroup({ signal: parent.signal });
    none.start('never', part('never'));
    expect(await outcome(none)).to.equal('ended well');
    expect(log).to.have.length(2);
  });

  it('gives up a part that does not end in time, and names it with what came before', async () => {
    const group = makeGroup();
    const { fail, run } = failing();
    group.start('stuck', part('stuck', 1_000_000));
    group.start('broken', { run });
    fail('boom');
    await clock.advance(999);
    expect(group.failure).not.to.be.instanceOf(StuckPartError);
    await clock.advance(1);
    const error = await outcome(group);
    expect(error).to.be.instanceOf(StuckPartError);
    expect(error).to.include({ message: 'stuck: it did not end within 1 s, after broken: boom' });
  });

  it('does not take what fails because it ends for a failure', async () => {
    const group = makeGroup();
    group.start('sleeper', { run: (signal) => clock.sleep(60_000, signal) });
    await group.stop();
    expect(await outcome(group)).to.equal('ended well');
    expect(group.failure).to.equal(undefined);
  });

  it('tells of a failure at once, before the others have ended', async () => {
    const failures: string[] = [];
    const group = makeGroup({ onFailure: ({ message }) => failures.push(message) });
    const { fail, run } = failing();
    group.start('slow', part('slow', 900));
    group.start('broken', { run });
    fail('boom');
    await settle();
    expect(failures).to.deep.equal(['broken: boom']);
    expect(log).not.to.include('slow ended');
    await clock.advance(900);
    await outcome(group);
  });
});
