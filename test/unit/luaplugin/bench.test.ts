import { expect } from 'chai';
import { Latencies, measure } from '../../../luaplugin/commands/bench.ts';
import type { Call, Step } from '../../../operator/sandbox/contract.ts';

describe('latencies', () => {
  it('give quantiles within a percent', () => {
    const latencies = new Latencies();
    for (let microseconds = 1; microseconds <= 1000; microseconds++) latencies.add(microseconds / 1e6);
    expect(latencies.quantile(0.5)).to.be.closeTo(500e-6, 5e-6);
    expect(latencies.quantile(0.99)).to.be.closeTo(990e-6, 10e-6);
    expect(latencies.quantile(1)).to.be.closeTo(1e-3, 1e-5);
  });

  it('take a time of nothing, and give nothing when there are none', () => {
    const latencies = new Latencies();
    expect(latencies.quantile(0.5)).to.equal(0);
    latencies.add(0);
    expect(latencies.quantile(0.5)).to.be.lessThan(1e-7);
  });
});

/** A sandbox where each call takes the same time of a clock that nothing else moves. */
function steady(callMs: number, answer: Step['answer'] = { result: 'skipped' }) {
  const state = { now: 0, batches: [] as Call[][] };
  return {
    state,
    now: () => state.now,
    evaluate: (calls: readonly Call[]): Promise<Step[][]> => {
      state.batches.push([...calls]);
      state.now += calls.length * callMs;
      return Promise.resolve(calls.map(() => [{ program: 'p', answer, seconds: callMs / 1000 }]));
    },
  };
}

describe('a measurement', () => {
  it('gives calls per second and the times in Lua', async () => {
    const sandbox = steady(0.1);
    const result = await measure('p', ['{}'], sandbox, 1_000, sandbox.now, () => {});
    expect(result.callsPerSecond).to.be.closeTo(10_000, 1);
    expect(result.p50Seconds).to.be.closeTo(0.0001, 1e-6);
    expect(result).to.include({ errors: 0, firstError: undefined });
  });

  it('ends on time however slow the calls are', async () => {
    const sandbox = steady(50);
    await measure('p', ['{}'], sandbox, 1_000, sandbox.now, () => {});
    expect(sandbox.state.now).to.be.within(1_000, 1_100);
  });

  it('asks about the Pods in turn', async () => {
    const sandbox = steady(10);
    await measure('p', ['a', 'b', 'c'], sandbox, 60, sandbox.now, () => {});
    const asked = sandbox.state.batches.flat().map(({ metadata }) => metadata);
    expect(asked.slice(0, 4)).to.deep.equal(['a', 'b', 'c', 'a']);
  });

  it('counts errors and keeps the first', async () => {
    const failure = { reason: 'runtime', message: 'p:1: boom', line: 1 } as const;
    const sandbox = steady(10, { result: 'error', failure });
    const result = await measure('p', ['{}'], sandbox, 50, sandbox.now, () => {});
    expect(result.errors).to.equal(result.calls);
    expect(result.firstError).to.equal(failure);
  });
});
