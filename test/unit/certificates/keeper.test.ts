import { expect } from 'chai';
import { CertificateKeeper } from '../../../operator/certificates/keeper.ts';
import type { CertificatePair } from '../../../operator/certificates/pair.ts';
import type { CertificateSource } from '../../../operator/certificates/source.ts';
import { refusal } from '../admission/fake-secret.ts';
import { ManualClock, settle } from '../support/clock.ts';
import { recordingLogger } from '../support/log.ts';

const pair = (cert: string): CertificatePair => ({ cert, key: 'k', validFrom: 0, validUntil: 86_400_000 });

function setUp() {
  const source: {
    current: CertificatePair | undefined;
    note: string | undefined;
    error: Error | undefined;
    looks: number;
  } = { current: undefined, note: undefined, error: undefined, looks: 0 };
  const asSource: CertificateSource = {
    get current() {
      return source.current;
    },
    get note() {
      return source.note;
    },
    refresh: async () => {
      source.looks += 1;
      if (source.error !== undefined) throw source.error;
    },
  };
  const clock = new ManualClock(0);
  const { logger, lines } = recordingLogger();
  const used: string[] = [];
  const keeper = new CertificateKeeper({
    of: 'the webhook',
    source: asSource,
    use: ({ cert }) => used.push(cert),
    clock,
    random: () => 0,
    logger,
    lookMs: 10_000,
  });
  const end = new AbortController();
  const run = () => keeper.run(end.signal);
  return { source, keeper, clock, lines, used, end, run };
}

describe("the keeper of a server's certificate", () => {
  it('serves each new certificate once, and says how long it is valid', async () => {
    const { source, keeper, clock, used, end, run } = setUp();
    expect(keeper.problem).to.equal('no certificate yet');
    source.current = pair('a');
    const running = run();
    await settle();
    await clock.advance(10_000);
    expect(used).to.deep.equal(['a']);
    expect(keeper.problem).to.equal(undefined);
    expect(keeper.note).to.equal('certificate valid until 1970-01-02T00:00:00.000Z');
    source.current = pair('b');
    await clock.advance(10_000);
    expect(used).to.deep.equal(['a', 'b']);
    end.abort();
    await running;
  });

  it('logs a failure once, tries again with back-off, and says when it is healed', async () => {
    const { source, keeper, clock, lines, end, run } = setUp();
    source.error = refusal(403, 'Forbidden');
    const running = run();
    await clock.advance(120_000);
    expect(source.looks).to.be.within(4, 12);
    const warnings = () => lines.filter(({ level }) => level === 'warn');
    expect(warnings()).to.have.length(1);
    expect(warnings()[0]?.msg).to.contain('403 Forbidden').and.to.contain('kubectl apply -k config/base');
    expect(keeper.problem, 'the operator goes on without a webhook').to.equal(undefined);
    expect(keeper.note).to.contain('not served, there is no certificate; 403 Forbidden');
    source.error = undefined;
    source.current = pair('a');
    await clock.advance(60_000);
    expect(lines.some(({ msg }) => msg === "the webhook's certificate is in order again")).to.equal(true);
    expect(keeper.note).not.to.contain('403');
    end.abort();
    await running;
  });

  it('serves what there is although the next one fails', async () => {
    const { source, used, end, run } = setUp();
    source.current = pair('a');
    source.error = new Error('no');
    const running = run();
    await settle();
    expect(used).to.deep.equal(['a']);
    end.abort();
    await running;
  });
});
