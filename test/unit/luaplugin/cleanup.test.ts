import { expect } from 'chai';
import { isHeld } from '../../../luaplugin/commands/cleanup/cluster-state.ts';
import {
  type RemovalOptions,
  removeAnnotations,
} from '../../../luaplugin/commands/cleanup/remove-annotations.ts';
import { progressBarOrLines } from '../../../luaplugin/output/progress.ts';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import { noAnnotations } from '../../../operator/pods/annotations/annotations.ts';
import { makePod } from '../support/builders.ts';
import { ManualClock, until } from '../support/clock.ts';
import { fakeIo } from './fake-io.ts';

const pods = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    namespace: 'n',
    name: `p${index}`,
    uid: `u${index}`,
    carried: noAnnotations,
  }));

/** Takes the annotations off so many Pods, with this writer. */
function run(count: number, write: RemovalOptions['writer']['write'], over: Partial<RemovalOptions> = {}) {
  return removeAnnotations({
    pods: pods(count),
    writer: { write },
    clock: new ManualClock(),
    signal: new AbortController().signal,
    onProgress: () => {},
    ...over,
  });
}

describe('taking annotations off Pods', () => {
  it('counts those that are cleaned and those that are gone, some at a time', async () => {
    let underWay = 0;
    let most = 0;
    const told: number[] = [];
    const result = await run(
      100,
      async ({ name }) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise(setImmediate);
        underWay -= 1;
        return name.endsWith('7') ? undefined : makePod();
      },
      { onProgress: (done) => told.push(done) },
    );
    expect(result).to.deep.equal({ cleaned: 90, gone: 10, failures: [] });
    expect(most).to.equal(16);
    expect(told.at(-1)).to.equal(100);
  });

  it('begins no more when it is stopped, and finishes those under way', async () => {
    const stop = new AbortController();
    const result = await run(
      100,
      async ({ name }) => {
        if (name === 'p20') stop.abort();
        await new Promise(setImmediate);
        return makePod();
      },
      { signal: stop.signal },
    );
    expect(result.cleaned).to.be.within(21, 36);
  });

  it('tries again what may pass, and goes on with the others', async () => {
    const clock = new ManualClock();
    let tries = 0;
    const running = run(
      2,
      async ({ name }) => {
        if (name === 'p0' && ++tries <= 2) throw new ApiError(429, { details: { retryAfterSeconds: 3 } });
        return makePod();
      },
      { clock },
    );
    await until(() => clock.sleepers === 1, 'the first pause');
    await clock.advance(2_900);
    expect(tries).to.equal(1);
    await clock.advance(100);
    await until(() => clock.sleepers === 1, 'the second pause');
    await clock.advance(3_000);
    expect(await running).to.include({ cleaned: 2 });
  });

  it('ends a pause when it is stopped', async () => {
    const stop = new AbortController();
    const clock = new ManualClock();
    const running = run(1, () => Promise.reject(new ConnectionError('x', { code: 'ECONNRESET' })), {
      clock,
      signal: stop.signal,
    });
    await until(() => clock.sleepers === 1, 'the pause');
    stop.abort();
    expect(await running).to.deep.equal({ cleaned: 0, gone: 0, failures: [] });
  });

  it('tells of a Pod that is refused, and goes on with the others', async () => {
    const refusal = new ApiError(422, { kind: 'Status', reason: 'Invalid', message: 'no' });
    const result = await run(3, ({ name }) =>
      name === 'p1' ? Promise.reject(refusal) : Promise.resolve(makePod()),
    );
    expect(result).to.deep.equal({
      cleaned: 2,
      gone: 0,
      failures: [{ pod: 'n/p1', message: '422 Invalid: no' }],
    });
  });

  it('stops at once when it is forbidden', async () => {
    const forbidden = new ApiError(403, { kind: 'Status', reason: 'Forbidden' });
    let tries = 0;
    const write = async () => {
      tries += 1;
      throw forbidden;
    };
    expect(await run(100, write).catch((error: unknown) => error)).to.equal(forbidden);
    expect(tries).to.be.at.most(16);
  });
});

describe("the operator's Lease", () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  const lease = (spec: object) => ({ metadata: { name: 'l', uid: 'u' }, spec });
  const held = { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:50.000000Z' };

  it('is held while its holder renews it', () => {
    expect(isHeld(lease(held), now)).to.equal(true);
    expect(isHeld(lease(held), now + 5_000)).to.equal(false);
    expect(isHeld(lease({ ...held, holderIdentity: '' }), now)).to.equal(false);
    expect(isHeld({ metadata: { name: 'l', uid: 'u' } }, now)).to.equal(false);
  });
});

describe('the progress of a cleanup', () => {
  it('is a line now and then in a log', () => {
    const io = fakeIo();
    let now = 0;
    const shown = progressBarOrLines(io, 'Cleaning Pods', 200, () => now);
    for (const [at, done] of [
      [1_000, 0.1],
      [5_000, 0.25],
      [6_000, 0.5],
      [10_000, 0.75],
    ] as const) {
      now = at;
      shown.update(done);
    }
    shown.end();
    expect(io.err()).to.equal('Cleaning Pods: 50 of 200\nCleaning Pods: 150 of 200\n');
    expect(io.out()).to.equal('');
  });

  it('is a bar on a terminal', () => {
    const io = fakeIo('', true);
    let now = 0;
    const shown = progressBarOrLines(io, 'Cleaning Pods', 200, () => now);
    now = 1_000;
    shown.update(0.5);
    expect(io.err()).to.contain('Cleaning Pods [###############...............] 50%');
    shown.end();
  });
});
