import { expect } from 'chai';
import { Crashers } from '../../../operator/sandbox/client/crashers.ts';
import { Dispatcher } from '../../../operator/sandbox/client/dispatcher.ts';
import type { Step } from '../../../operator/sandbox/contract.ts';
import type { Batch } from '../../../operator/sandbox/wire/batch.ts';
import type { HostInput } from '../../../operator/sandbox/wire/input.ts';
import { systemClock } from '../../../operator/time/clock.ts';

/** A dispatcher, what it sent, and what it settled. */
class Desk {
  readonly sent: HostInput[] = [];
  readonly settled = new Map<string, Step[]>();
  readonly dispatcher = new Dispatcher(2, new Crashers(systemClock, () => 0.5), (input) =>
    this.sent.push(input),
  );

  ask(name: string, programs: readonly string[] = ['p'], output = false): void {
    this.dispatcher.add({
      kind: 'ask',
      call: { metadata: name, programs, output },
      deaths: 0,
      steps: [],
      settle: (steps) => {
        if (this.settled.has(name)) throw new Error(`${name} was settled twice`);
        this.settled.set(name, steps);
      },
    });
  }

  batches(): Batch[] {
    return this.sent.splice(0).flatMap((input) => (input.kind === 'evaluate' ? [input.batch] : []));
  }

  /** Answers calls of a batch with "skipped". */
  answer(batch: Batch, from = 0, to = batch.ends.length): void {
    const steps = JSON.stringify(Array.from({ length: to - from }, () => [[1000, 0]]));
    this.dispatcher.hear({ kind: 'answers', batch: batch.id, from, calls: to - from, steps });
  }

  /** The host dies and comes back. */
  die(): void {
    this.dispatcher.lost();
    this.dispatcher.serve([]);
  }
}

function sizes(batches: readonly Batch[]): number[] {
  return batches.map(({ ends }) => ends.length);
}

describe('The dispatcher', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
    desk.dispatcher.serve([]);
  });

  it('sends calls in batches of at most a hundred, divided over the Workers, and no more than they can soon take', () => {
    for (let i = 0; i < 1000; i++) desk.ask(`${i}`);
    desk.dispatcher.pump();
    expect(sizes(desk.batches())).to.deep.equal([100, 100, 100, 100]);
    desk.ask('late');
    desk.dispatcher.pump();
    expect(desk.batches()).to.deep.equal([]);
  });

  it('sends batches however many loads and checks are under way, and loads however many batches', () => {
    const request = () =>
      desk.dispatcher.add({
        kind: 'request',
        deaths: 0,
        message: (id) => ({ kind: 'check', request: id, check: { parameters: '{}', schema: '{}' } }),
        settle: () => {},
        crashed: () => {},
      });
    for (let i = 0; i < 20; i++) request();
    for (let i = 0; i < 1000; i++) desk.ask(`${i}`);
    desk.dispatcher.pump();
    expect(sizes(desk.batches())).to.deep.equal([100, 100, 100, 100]);
    request();
    desk.dispatcher.pump();
    expect(desk.sent.map(({ kind }) => kind)).to.deep.equal(['check']);
  });

  it('divides a smaller number evenly, and does not divide a handful', () => {
    for (let i = 0; i < 60; i++) desk.ask(`${i}`);
    desk.dispatcher.pump();
    expect(sizes(desk.batches())[0]).to.equal(30);
    const few = new Desk();
    for (let i = 0; i < 10; i++) few.ask(`${i}`);
    few.dispatcher.serve([]);
    expect(sizes(few.batches())).to.deep.equal([10]);
  });

  it('keeps calls whose output is wanted apart from others', () => {
    desk.ask('a');
    desk.ask('b', ['p'], true);
    desk.ask('c');
    desk.dispatcher.pump();
    expect(desk.batches().map(({ output, ends }) => [output, ends.length])).to.deep.equal([
      [false, 1],
      [true, 1],
      [false, 1],
    ]);
  });

  it('waits for a host, and tells it of the programs first', () => {
    const waiting = new Desk();
    waiting.ask('a');
    waiting.dispatcher.pump();
    expect(waiting.sent).to.deep.equal([]);
    const limits = { timeoutMs: 1, memoryBytes: 1 };
    waiting.dispatcher.serve([{ id: 'p', plugin: 'p', script: '', limits }]);
    expect(waiting.sent.map(({ kind }) => kind)).to.deep.equal(['define', 'evaluate']);
  });

  it('settles each call once, in whatever order the answers come', () => {
    for (const name of ['a', 'b', 'c']) desk.ask(name);
    desk.dispatcher.pump();
    const [batch] = desk.batches();
    if (!batch) throw new Error('no batch');
    desk.answer(batch, 2, 3);
    expect([...desk.settled.keys()]).to.deep.equal(['c']);
    desk.answer(batch, 0, 2);
    expect([...desk.settled.keys()]).to.deep.equal(['c', 'a', 'b']);
  });

  it('asks again what a dead host had not answered, and only that', () => {
    for (const name of ['a', 'b', 'c']) desk.ask(name);
    desk.dispatcher.pump();
    const [batch] = desk.batches();
    if (!batch) throw new Error('no batch');
    desk.answer(batch, 0, 1);
    desk.die();
    const again = desk.batches();
    expect(again.map(({ texts }) => Buffer.from(texts).toString())).to.deep.equal(['bc']);
    for (const next of again) desk.answer(next);
    expect(desk.settled.size).to.equal(3);
  });

  it('asks one program of one call at a time once two hosts have died on it, and convicts the killer', () => {
    desk.ask('innocent');
    desk.ask('victim', ['good', 'killer', 'last']);
    desk.dispatcher.pump();
    desk.batches();
    desk.die();
    desk.batches();
    desk.die();
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) {
      const [batch, ...more] = desk.batches();
      expect(more).to.deep.equal([]);
      if (!batch) break;
      const asked = `${Buffer.from(batch.texts)}: ${batch.lists.flat()}`;
      seen.push(asked);
      if (asked.endsWith('killer')) desk.die();
      else desk.answer(batch);
    }
    expect(seen).to.deep.equal(['innocent: p', 'victim: good', 'victim: killer', 'victim: last']);
    const outcomes = desk.settled.get('victim')?.map(({ program, answer }) => [program, answer.result]);
    expect(outcomes).to.deep.equal([
      ['good', 'skipped'],
      ['killer', 'error'],
      ['last', 'skipped'],
    ]);
    desk.ask('next', ['killer']);
    desk.dispatcher.pump();
    expect(desk.batches()[0]?.known[0]?.failure.reason).to.equal('crash');
  });

  it('gives up a request that two hosts and then a third have died on', () => {
    let crashes = 0;
    desk.dispatcher.add({
      kind: 'request',
      deaths: 0,
      message: (request) => ({ kind: 'check', request, check: { parameters: '{}', schema: '{}' } }),
      settle: () => {},
      crashed: () => crashes++,
    });
    desk.dispatcher.pump();
    for (let i = 0; i < 3; i++) desk.die();
    expect(desk.sent.filter(({ kind }) => kind === 'check')).to.have.lengthOf(3);
    expect(crashes).to.equal(1);
  });
});
