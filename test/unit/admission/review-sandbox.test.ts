import { expect } from 'chai';
import {
  OverrunError,
  type OwnedSandbox,
  ReviewSandbox,
} from '../../../operator/admission/review-sandbox.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { ScriptedSandbox } from '../support/scripted-sandbox.ts';

class Owned extends ScriptedSandbox implements OwnedSandbox {
  readonly started = Promise.withResolvers<void>();
  stops = 0;

  start(): Promise<void> {
    return this.started.promise;
  }

  async stop(): Promise<void> {
    this.stops += 1;
    this.started.reject(new Error('the sandbox was stopped'));
  }
}

function setUp() {
  const clock = new ManualClock();
  const made: Owned[] = [];
  const create = () => {
    const sandbox = new Owned();
    sandbox.started.promise.catch(() => {});
    made.push(sandbox);
    return sandbox;
  };
  const reviews = new ReviewSandbox({ create, warmUp: () => Promise.resolve(), clock });
  return { clock, made, reviews };
}

const never = () => new Promise<never>(() => {});
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    (value) => value,
    (error: Error) => error.name,
  );

describe('the sandbox for reviews', () => {
  it('is started by the first review, shared by the next ones, and ended when there are none for a while', async () => {
    const { clock, made, reviews } = setUp();
    const first = reviews.use(1000, async () => 'first');
    made[0]?.started.resolve();
    expect(await first).to.equal('first');
    await clock.advance(29_000);
    expect(await reviews.use(1000, async () => 'second')).to.equal('second');
    await clock.advance(29_000);
    expect(
      made.map(({ stops }) => stops),
      'still there',
    ).to.deep.equal([0]);
    await clock.advance(1_000);
    expect(made.map(({ stops }) => stops)).to.deep.equal([1]);
    const third = reviews.use(1000, async () => 'third');
    made[1]?.started.resolve();
    expect(await third).to.equal('third');
  });

  it('is taken away from a review that overruns, and the next one gets another', async () => {
    const { clock, made, reviews } = setUp();
    const late = outcome(reviews.use(1000, never));
    made[0]?.started.resolve();
    await clock.advance(1000);
    expect(await late).to.equal(OverrunError.name);
    expect(made[0]?.stops).to.equal(1);
    const next = reviews.use(1000, async () => 'next');
    made[1]?.started.resolve();
    expect(await next).to.equal('next');
  });

  it('is left alone while it starts, however long that takes', async () => {
    const { clock, made, reviews } = setUp();
    const late = outcome(reviews.use(1000, async () => 'done'));
    await clock.advance(1000);
    expect(await late).to.equal(OverrunError.name);
    made[0]?.started.resolve();
    expect(await reviews.use(1000, async () => 'next')).to.equal('next');
    expect(made).to.have.length(1);
  });

  it('is not ended while one of several reviews goes on', async () => {
    const { clock, made, reviews } = setUp();
    const gate = Promise.withResolvers<string>();
    const long = reviews.use(100_000, () => gate.promise);
    made[0]?.started.resolve();
    await reviews.use(1000, async () => 'short');
    await clock.advance(60_000);
    expect(made[0]?.stops).to.equal(0);
    gate.resolve('long');
    expect(await long).to.equal('long');
  });

  it('passes on what the work throws, and is not lent any more once it is stopped', async () => {
    const { clock, made, reviews } = setUp();
    const failing = outcome(reviews.use(1000, () => Promise.reject(new RangeError('x'))));
    made[0]?.started.resolve();
    expect(await failing).to.equal('RangeError');
    await reviews.stop();
    await reviews.stop();
    expect(made[0]?.stops).to.be.above(0);
    expect(await outcome(reviews.use(1000, never))).to.equal('Error');
    await settle();
    expect(clock.sleepers, 'nothing waits any more').to.equal(0);
  });
});
