import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { usedBytes } from '../support/heap.ts';
import { Box, functionOf, honest, mebibyte, pods } from './box.ts';

const limits = { timeoutMs: 5000, memoryBytes: 256 * mebibyte };
const hoard = 'held = {} for i = 1, 90 do held[i] = ("x"):rep(1000):rep(1000) .. i end ';
const hoarder = hoard + honest;
const usedUp = "test: the sandbox's memory for all plugins together is used up";

describe('The memory of the sandbox host', () => {
  let box: Box;
  beforeEach(async () => {
    box = new Box();
    await box.sandbox.start();
  });
  afterEach(() => box.sandbox.stop());

  /** The most memory that the host has had, in MiB. */
  function peakMiB(): number {
    const status = readFileSync(`/proc/${box.sandbox.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  it('is bounded for all plugins together, and plugins that have theirs go on', async () => {
    const neighbour = await box.load(honest);
    await box.answer(neighbour);
    const outcomes = [];
    for (let i = 0; i < 4; i++) outcomes.push(await box.tryLoad(hoarder, { limits }));
    const loaded = outcomes.filter((outcome) => typeof outcome === 'string');
    expect(loaded).to.have.lengthOf(1);
    for (const outcome of outcomes.slice(1))
      expect(outcome).to.deep.equal({ reason: 'memory', message: usedUp });

    // The other Worker finds no room for its own state of the one that was loaded.
    const answers = await box.sandbox.evaluate(
      pods(50).map((metadata) => ({ metadata, programs: [...loaded, neighbour] })),
    );
    for (const steps of answers) expect(steps.at(-1)?.answer).to.include({ result: 'resolved' });
    expect(peakMiB()).to.be.below(700);

    for (const id of loaded) box.sandbox.unload(id);
    await eventually('room for another', async () => {
      return typeof (await box.tryLoad(hoarder, { limits })) === 'string';
    });
  });

  it('is that of one Worker until there is work for two, and again once there is none', async () => {
    const threads = () => readdirSync(`/proc/${box.sandbox.pid}/task`).length;
    const program = await box.load(honest);
    await box.answer(program);
    const atRest = threads();
    await box.bothWorkers();
    expect(threads()).to.equal(atRest + 1);
    await eventually('one Worker less', () => threads() === atRest);
    expect(await box.answer(program)).to.include({ result: 'resolved' });
  });

  it('is free again when a Worker was ended', async () => {
    const loops = await box.load(hoard + functionOf('while true do end'), {
      limits: { ...limits, timeoutMs: 3000 },
    });
    expect((await box.failure(loops)).reason).to.equal('timeout');
    box.sandbox.unload(loops);
    await eventually('room for another', async () => {
      return typeof (await box.tryLoad(hoarder, { limits })) === 'string';
    });
  });
});

describe('The memory of the process that asks', () => {
  it('does not grow with the calls that were answered', async () => {
    const box = new Box();
    await box.sandbox.start();
    try {
      const program = await box.load(honest);
      const askMany = async (calls: number) => {
        for (let call = 0; call < calls; call += 1) await box.answer(program);
      };
      await askMany(500);
      const before = await usedBytes();
      await askMany(5_000);
      expect(((await usedBytes()) - before) / 5_000, 'bytes a call').to.be.below(100);
    } finally {
      await box.sandbox.stop();
    }
  });
});
