import { expect } from 'chai';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import { Gate } from '../../../operator/serving/secure-metrics/gate.ts';
import type { Verdict } from '../../../operator/serving/secure-metrics/token-review.ts';
import { ManualClock } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

const allowed: Verdict = { outcome: 'allowed' };
const unknown: Verdict = { outcome: 'unknown' };

/** A gate, with the tokens that the API server was asked about. */
function setUp(answer: (token: string) => Verdict | Promise<Verdict> = () => allowed) {
  const asked: string[] = [];
  const clock = new ManualClock();
  const { logger, lines } = recordingLogger();
  const gate = new Gate({
    review: async (token) => {
      asked.push(token);
      return await answer(token);
    },
    clock,
    logger,
  });
  const statusOf = async (token: string) => {
    const admission = await gate.admit(`Bearer ${token}`);
    return admission.admitted ? 200 : admission.status;
  };
  const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg);
  return { gate, asked, clock, lines, statusOf, warnings };
}

describe('who may read the metrics', () => {
  for (const [what, header] of [
    ['nothing', undefined],
    ['a password', 'Basic dTpw'],
    ['a word', 'Bearer'],
    ['two tokens', 'Bearer a b'],
    ['a token longer than any', `Bearer ${'x'.repeat(8_193)}`],
  ] as const) {
    it(`is not who shows ${what}; the API server is not even asked`, async () => {
      const { gate, asked } = setUp();
      const admission = await gate.admit(header);
      expect(admission).to.include({ admitted: false, status: 401 });
      expect(asked).to.deep.equal([]);
    });
  }

  it('is who the API server says: 401 for a token that it does not know, 403 for a user without the right', async () => {
    const { gate, statusOf } = setUp((token) => {
      if (token === 'good') return allowed;
      return token === 'poor' ? { outcome: 'denied', user: 'system:serviceaccount:a:b' } : unknown;
    });
    expect(await statusOf('good')).to.equal(200);
    expect(await statusOf('bad')).to.equal(401);
    const denied = await gate.admit('bearer poor');
    expect(denied).to.include({ admitted: false, status: 403 });
    expect(Object(denied).message).to.contain('"system:serviceaccount:a:b" may not get /metrics');
  });

  it('is remembered for 30 s, and who may not for 10 s', async () => {
    const { asked, clock, statusOf } = setUp((token) => (token === 'good' ? allowed : unknown));
    const bothFor = async (seconds: number) => {
      clock.skip(seconds * 1_000);
      await statusOf('good');
      await statusOf('bad');
      return asked.splice(0).join();
    };
    expect(await bothFor(0)).to.equal('good,bad');
    expect(await bothFor(9)).to.equal('');
    expect(await bothFor(1)).to.equal('bad');
    expect(await bothFor(19)).to.equal('bad');
    expect(await bothFor(1)).to.equal('good');
  });

  it('loses the right within 30 s, and gets it within 10 s', async () => {
    let verdict: Verdict = unknown;
    const { clock, statusOf } = setUp(() => verdict);
    verdict = allowed;
    expect(await statusOf('t')).to.equal(200);
    verdict = unknown;
    clock.skip(30_000);
    expect(await statusOf('t')).to.equal(401);
    verdict = allowed;
    clock.skip(10_000);
    expect(await statusOf('t')).to.equal(200);
  });

  it('is asked about once, however many show the same token at the same time', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const { asked, statusOf } = setUp(() => promise);
    const scrapes = Array.from({ length: 100 }, () => statusOf('t'));
    resolve(allowed);
    expect(new Set(await Promise.all(scrapes))).to.deep.equal(new Set([200]));
    expect(asked).to.have.length(1);
  });

  it('is nobody while the API server gives no answer; that is logged once, and is no answer to remember', async () => {
    let failure: Error | undefined = new ConnectionError('connect ECONNREFUSED', { code: 'ECONNREFUSED' });
    const { gate, clock, statusOf, warnings, lines } = setUp(() => {
      if (failure !== undefined) throw failure;
      return allowed;
    });
    for (let scrape = 0; scrape < 5; scrape += 1) expect(await statusOf('t')).to.equal(503);
    expect(warnings()).to.deep.equal([
      'nobody may read /metrics: the API server gives no answer about a token: connect ECONNREFUSED',
    ]);
    expect(gate.problem).to.contain('ECONNREFUSED');
    failure = undefined;
    clock.skip(1_000);
    expect(await statusOf('t')).to.equal(200);
    expect(gate.problem).to.equal(undefined);
    expect(lines.at(-1)?.msg).to.equal('the API server answers about the tokens of scrapers again');
  });

  it('is nobody while the operator may not ask; the log says where its rights are', async () => {
    const message = 'tokenreviews.authentication.k8s.io is forbidden';
    const { statusOf, warnings } = setUp(() => {
      throw new ApiError(403, { kind: 'Status', reason: 'Forbidden', message });
    });
    expect(await statusOf('t')).to.equal(500);
    expect(warnings()).to.deep.equal([
      `nobody may read /metrics: the operator may not ask whose token it is: 403 Forbidden: ${message} (its rights are in config/secure-metrics)`,
    ]);
  });

  it('stays nobody, without another line, when the second question alone fails and strangers come between', async () => {
    const { gate, statusOf, warnings, lines } = setUp((token) => {
      if (token !== 'good') return unknown;
      throw new ApiError(403, { kind: 'Status', reason: 'Forbidden', message: 'no' });
    });
    for (let scrape = 0; scrape < 5; scrape += 1) {
      expect(await statusOf('good')).to.equal(500);
      await statusOf(`stranger-${scrape}`);
    }
    expect(warnings()).to.have.length(1);
    expect(lines).to.have.length(1);
    expect(gate.problem).to.contain('may not ask');
  });

  it('can not be kept out by a flood of strangers, whose tokens the API server is asked about 5 a second', async () => {
    const { asked, clock, statusOf } = setUp((token) => (token === 'good' ? allowed : unknown));
    expect(await statusOf('good')).to.equal(200);
    const codes = new Map<number, number>();
    for (let second = 0; second < 40; second += 1) {
      for (let stranger = 0; stranger < 100; stranger += 1) {
        const code = await statusOf(`${second}-${stranger}`);
        codes.set(code, (codes.get(code) ?? 0) + 1);
      }
      expect(await statusOf('good'), `after ${second} s`).to.equal(200);
      clock.skip(1_000);
    }
    expect(codes.get(401), 'burst, and 5 a second').to.be.within(200, 220);
    expect(codes.get(429)).to.equal(4_000 - (codes.get(401) ?? 0));
    expect(asked.filter((token) => token === 'good')).to.have.length(2);
  });

  it('is asked about no more often by somebody with a token who keeps asking while there is no answer', async () => {
    let isDown = false;
    const { asked, clock, statusOf } = setUp(() => {
      if (isDown) throw new ApiError(503);
      return allowed;
    });
    await statusOf('good');
    isDown = true;
    clock.skip(30_000);
    for (let scrape = 0; scrape < 1_000; scrape += 1) await statusOf('good');
    expect(asked).to.have.length.below(25);
  });

  it('remembers so many tokens and no more', async () => {
    const { asked, clock, statusOf } = setUp();
    const ask = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        await statusOf(`t${index}`);
        clock.skip(200);
      }
      return asked.splice(0).length;
    };
    expect(await ask(65)).to.equal(65);
    expect(await statusOf('t0'), 'the first is forgotten').to.equal(200);
    expect(asked).to.deep.equal(['t0']);
  });
});
