import { expect } from 'chai';
import type { CheckedParameters } from '../../../operator/sandbox/contract.ts';
import type { CheckThread } from '../../../operator/sandbox/host/check-thread.ts';
import { ParameterChecker } from '../../../operator/sandbox/host/parameter-checker.ts';
import { ManualClock, settle } from '../support/clock.ts';

/** A thread that does what the test says. */
class FakeThread implements CheckThread {
  readonly #ready = Promise.withResolvers<boolean>();
  readonly ready = this.#ready.promise;
  readonly schemas: string[] = [];
  hasEnded = false;
  usedMs = 0;
  #answer: (result: CheckedParameters | undefined) => void = () => {};

  start(): void {
    this.#ready.resolve(true);
  }

  check({ schema }: { schema: string }): Promise<CheckedParameters | undefined> {
    this.schemas.push(schema);
    return new Promise((resolve) => {
      this.#answer = resolve;
      if (this.hasEnded) resolve(undefined);
    });
  }

  cpuMs(): Promise<number> {
    return Promise.resolve(this.usedMs);
  }

  answer(parameters: string): void {
    this.#answer({ ok: true, parameters });
  }

  stop(): void {
    this.die();
  }

  die(): void {
    this.hasEnded = true;
    this.#ready.resolve(false);
    this.#answer(undefined);
  }
}

describe('The parameter checker', () => {
  const about = 'checking spec.parameters by spec.parametersSchema';
  let clock: ManualClock;
  let threads: FakeThread[];
  let checker: ParameterChecker;
  beforeEach(() => {
    clock = new ManualClock();
    threads = [];
    checker = new ParameterChecker(() => {
      const thread = new FakeThread();
      threads.push(thread);
      return thread;
    }, clock);
  });

  const check = (schema: string) => checker.check({ parameters: '{}', schema });
  const last = () => {
    const thread = threads.at(-1);
    if (!thread) throw new Error('no thread was started');
    return thread;
  };

  /** The thread takes so much CPU time of what passes. */
  async function burn(ms: number): Promise<void> {
    last().usedMs += ms;
    await clock.advance(ms);
    await settle();
  }

  it('answers with a failure when its thread dies at the start, and tries another one for the next check', async () => {
    const first = check('a');
    await settle();
    last().die();
    expect(await first).to.deep.equal({ ok: false, message: `${about} failed: its thread did not start` });
    const second = check('a');
    await settle();
    last().start();
    await settle();
    last().answer('fine');
    expect(await second).to.deep.equal({ ok: true, parameters: 'fine' });
    expect(threads).to.have.lengthOf(2);
  });

  it('answers with a failure when its thread never starts, or cannot be made', async () => {
    const never = check('a');
    await clock.advance(10_000);
    expect(await never)
      .to.have.property('message')
      .that.contains('did not start');
    const unable = new ParameterChecker(() => {
      throw new Error('no threads left');
    }, clock);
    expect(await unable.check({ parameters: '{}', schema: '{}' }))
      .to.have.property('message')
      .that.contains('no threads left');
  });

  it('answers with a failure when its thread dies in a check, and starts another one after a death while idle', async () => {
    const first = check('a');
    await settle();
    last().start();
    await settle();
    last().die();
    expect(await first).to.have.property('message', `${about} failed: it may need too much memory`);
    const second = check('b');
    await settle();
    last().start();
    await settle();
    last().answer('b');
    await second;
    last().die();
    const third = check('c');
    await settle();
    last().start();
    await settle();
    last().answer('c');
    expect(await third).to.deep.equal({ ok: true, parameters: 'c' });
  });

  it('ends a check at its limit, says so, and takes nothing that its thread says later for an answer', async () => {
    const slow = check('slow');
    const next = check('next');
    await settle();
    const old = last();
    old.start();
    await settle();
    await burn(500);
    expect(await slow).to.deep.equal({ ok: false, message: `${about} took longer than 500 ms` });
    expect(old.hasEnded).to.equal(true);
    last().start();
    await settle();
    old.answer('of the old one');
    await settle();
    last().answer('of the new one');
    expect(await next).to.deep.equal({ ok: true, parameters: 'of the new one' });
  });

  it('lets a check go on that got no CPU time, up to five times its limit', async () => {
    const starved = check('a');
    await settle();
    last().start();
    await settle();
    await clock.advance(2400);
    last().answer('late');
    expect(await starved).to.include({ ok: true });
    const hung = check('b');
    await settle();
    await clock.advance(2600);
    expect(await hung)
      .to.have.property('message')
      .that.contains('took longer');
  });

  it('refuses a schema that was ended at once for a minute, also those that wait already, and no other', async () => {
    const waiting = ['slow', 'slow', 'slow', 'other'].map(check);
    await settle();
    last().start();
    await settle();
    await burn(500);
    for (const refused of waiting.slice(0, 3)) {
      expect(await refused)
        .to.have.property('message')
        .that.contains('took longer');
    }
    last().start();
    await settle();
    last().answer('other');
    expect(await waiting[3]).to.include({ ok: true });
    expect(await check('slow'))
      .to.have.property('message')
      .that.contains('took longer');
    expect(threads.flatMap(({ schemas }) => schemas)).to.deep.equal(['slow', 'other']);

    await clock.advance(60_000);
    const again = check('slow');
    await settle();
    last().start();
    await settle();
    last().answer('well');
    expect(await again).to.include({ ok: true });
  });

  it('ends its thread once there was nothing to check for ten seconds', async () => {
    const only = check('a');
    await settle();
    last().start();
    await settle();
    last().answer('a');
    await only;
    await settle();
    expect(last().hasEnded).to.equal(false);
    await clock.advance(10_000);
    expect(last().hasEnded).to.equal(true);
  });
});
