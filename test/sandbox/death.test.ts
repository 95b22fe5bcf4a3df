import { expect } from 'chai';
import { pino } from 'pino';
import { cpuSecondsOf } from '../bench/operator/cpu.ts';
import { eventually } from '../support/eventually.ts';
import { ManualClock } from '../unit/support/clock.ts';
import { Box, functionOf, honest, mebibyte, metadata, pods } from './box.ts';

/** A host that starts a second Worker and answers what is asked here takes less than a fifth of it. */
const loopCpuSeconds = 1;

describe('A sandbox host that dies', () => {
  let box: Box;
  /** What happens when a host is in service. */
  let onReady: () => void;
  beforeEach(async () => {
    onReady = () => {};
    const logger = pino({ level: 'info' }, { write: (line) => line.includes('host is ready') && onReady() });
    box = new Box({ logger });
    await box.sandbox.start();
  });
  afterEach(() => box.sandbox.stop());

  /** From now on every host dies once it has computed for so long that it must be in a loop without end. */
  function killAlways(): void {
    onReady = () => void killInLoop();
    onReady();
  }

  async function killInLoop(): Promise<void> {
    const { pid } = box.sandbox;
    if (pid === undefined) return;
    const before = cpuSecondsOf(pid);
    const isOther = () => box.sandbox.pid !== pid;
    await eventually('a loop in the host', () => isOther() || cpuSecondsOf(pid) - before > loopCpuSeconds);
    if (!isOther()) kill();
  }

  function kill(): void {
    const { pid } = box.sandbox;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  it('is started again and loses no Pod, even when killed in the middle of its work', async () => {
    const program = await box.load(honest);
    const calls = pods(5000).map((text) => ({ metadata: text, programs: [program] }));
    const answers = box.sandbox.evaluate(calls);
    setImmediate(() => setImmediate(kill));
    (await answers).forEach((steps, index) => {
      expect(steps[0]?.answer).to.deep.equal({
        result: 'resolved',
        type: 'StatefulSet',
        name: `pod-${index}`,
      });
    });
    expect(box.restarts).to.deep.equal(['host']);
  });

  it('is started again while nothing runs, with all programs', async () => {
    const programs = [await box.load(honest), await box.load(functionOf('return "Job", meta.name'))];
    kill();
    await eventually('the restart', () => box.restarts.length === 1);
    for (const program of programs) expect(await box.answer(program)).to.include({ result: 'resolved' });
  });

  it('has a problem to tell of until the next host is in service', async () => {
    const fresh = new Box();
    expect(fresh.sandbox.problem).to.equal('the sandbox host was not started yet');
    const started = fresh.sandbox.start();
    expect(fresh.sandbox.problem).to.equal('the sandbox host is starting');
    await started;
    expect(fresh.sandbox.problem).to.equal(undefined);
    await fresh.sandbox.stop();
    expect(fresh.sandbox.problem).to.equal('the sandbox was stopped');

    expect(box.sandbox.problem).to.equal(undefined);
    const deaths: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      kill();
      deaths.push(await eventually('the death', () => box.sandbox.problem));
      await eventually('the restart', () => box.sandbox.problem === undefined);
    }
    expect(deaths).to.deep.equal([
      'the sandbox host is restarting after 1 death',
      'the sandbox host is restarting after 2 deaths',
    ]);
  });

  it('is no case for a restart of the operator until it has died twenty times in a row', async () => {
    const clock = new ManualClock();
    const { sandbox } = new Box({ clock });
    const started = sandbox.start();
    try {
      for (let death = 1; death <= 20; death++) {
        const pid = await eventually('a host', () => sandbox.pid);
        expect(sandbox.fault, `before death ${death}`).to.equal(undefined);
        process.kill(pid, 'SIGKILL');
        await eventually('its death', () => sandbox.pid === undefined);
        if (death < 20) await clock.advance(30_000);
      }
      expect(sandbox.fault).to.equal('the sandbox host died 20 times in a row, at last by signal SIGKILL');
      await clock.advance(30_000);
      await started;
      expect(sandbox.fault, 'a host that has only started').to.be.a('string');
      await clock.advance(60_001);
      expect(sandbox.fault, 'a host that lives').to.equal(undefined);
    } finally {
      await sandbox.stop();
    }
  });

  it('finds the one program that kills it every time, and answers all others', async () => {
    const killer = await box.load(functionOf('while true do end'), {
      limits: { timeoutMs: 60_000, memoryBytes: 16 * mebibyte },
    });
    const knows = await box.load(honest);
    killAlways();
    const answers = await box.sandbox.evaluate(
      pods(40).map((text, index) => ({ metadata: text, programs: index === 7 ? [killer, knows] : [knows] })),
    );
    onReady = () => {};
    const outcomes = answers[7]?.map(({ answer }) =>
      'failure' in answer ? answer.failure.reason : answer.result,
    );
    expect(outcomes).to.deep.equal(['crash', 'resolved']);
    for (const steps of answers) expect(steps.at(-1)?.answer).to.include({ result: 'resolved' });
    const started = performance.now();
    expect((await box.failure(killer)).message).to.contain('because it has killed the sandbox host');
    expect(performance.now() - started, 'it is not run again').to.be.below(10_000);
  });

  it('gives up a load that kills it every time', async () => {
    killAlways();
    const limits = { timeoutMs: 60_000, memoryBytes: 16 * mebibyte };
    expect(await box.loadFailure('while true do end', { limits })).to.include({ reason: 'crash' });
  });

  it('rejects what is under way once it is stopped for good', async () => {
    const slow = await box.load(functionOf('while true do end'), {
      limits: { timeoutMs: 60_000, memoryBytes: 16 * mebibyte },
    });
    const answer = box.sandbox.evaluate([{ metadata, programs: [slow] }]).then(
      () => 'answered',
      (error: Error) => error.message,
    );
    await box.sandbox.stop();
    expect(await answer).to.equal('the sandbox was stopped');
  });
});
