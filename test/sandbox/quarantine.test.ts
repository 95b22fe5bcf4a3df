import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { Box, brief, functionOf, honest, mebibyte, pods } from './box.ts';

describe('A program that overruns again and again', () => {
  let box: Box;
  let events: [program: string, until: Date | undefined][];
  beforeEach(async () => {
    events = [];
    box = new Box({ onQuarantine: (program, until) => events.push([program, until]) });
    await box.sandbox.start();
  });
  afterEach(() => box.sandbox.stop());

  it('is put into quarantine after three times: answered at once, without being run', async () => {
    const loops = await box.load(functionOf('while true do end'), { limits: brief });
    const started = Date.now();
    for (let i = 0; i < 3; i++)
      expect((await box.failure(loops)).message).to.contain('took longer than its limit');
    const answers = await box.sandbox.evaluate(
      pods(200).map((metadata) => ({ metadata, programs: [loops] })),
    );
    for (const [step] of answers) {
      expect(step?.answer).to.have.nested.property('failure.reason', 'timeout');
      expect(step?.answer)
        .to.have.nested.property('failure.message')
        .that.matches(/in quarantine until 20\d\d-.*Z/);
      expect(step?.seconds).to.equal(0);
    }
    expect(box.restarts).to.deep.equal(['timeout', 'timeout', 'timeout']);
    expect(events.map(([program]) => program)).to.deep.equal([loops]);
    expect(events[0]?.[1]?.getTime()).to.be.within(started, Date.now() + 10_000);
  });

  it('costs the other programs of its Pods nothing but its own answer', async () => {
    const loops = await box.load(functionOf('while true do end'), { limits: brief });
    const knows = await box.load(honest);
    const calls = pods(300).map((metadata) => ({ metadata, programs: [loops, knows] }));
    const answers = await box.sandbox.evaluate(calls);
    answers.forEach((steps, index) => {
      expect(steps.map(({ answer }) => answer.result)).to.deep.equal(['error', 'resolved']);
      expect(steps[1]?.answer).to.include({ name: `pod-${index}` });
    });
    // Two batches run at a time, so one more than three can be under way when the third overruns.
    expect(box.restarts.length).to.be.at.most(5);
  });

  it('is tried again alone after its term, and is free once it keeps its limit', async () => {
    const sometimes = await box.load(functionOf('while meta.slow do end return "Job", meta.name'), {
      limits: { timeoutMs: 500, memoryBytes: 16 * mebibyte },
    });
    for (let i = 0; i < 3; i++) await box.failure(sometimes, '{"slow":true}');
    expect(await box.failure(sometimes)).to.include({ reason: 'timeout' });
    const answer = await eventually('the end of the term', async () => {
      const tried = await box.answer(sometimes);
      return tried.result === 'resolved' && tried;
    });
    expect(answer).to.include({ name: 'web-0' });
    expect(events.at(-1)).to.deep.equal([sometimes, undefined]);
    expect(await box.answer(sometimes)).to.include({ result: 'resolved' });
    expect(box.restarts).to.have.lengthOf(3);
  });

  it('is told of as free when it is unloaded, and when the host that knew of it died', async () => {
    const first = await box.load(functionOf('while true do end'), { limits: brief });
    for (let i = 0; i < 3; i++) await box.failure(first);
    expect(events.at(-1)?.[0]).to.equal(first);
    box.sandbox.unload(first);
    expect(events.at(-1)).to.deep.equal([first, undefined]);

    const second = await box.load(functionOf('while true do end'), { limits: brief });
    for (let i = 0; i < 3; i++) await box.failure(second);
    expect(events.at(-1)?.[1]).to.be.an.instanceOf(Date);
    if (box.sandbox.pid !== undefined) process.kill(box.sandbox.pid, 'SIGKILL');
    await eventually('the end of the quarantine', () => events.at(-1)?.[1] === undefined);
    expect(events).to.have.lengthOf(4);
    expect((await box.failure(second)).message).to.contain('took longer than its limit');
  });
});
