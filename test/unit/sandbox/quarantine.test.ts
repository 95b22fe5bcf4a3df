import { expect } from 'chai';
import { batchJob } from '../../../operator/sandbox/host/job.ts';
import { planJob } from '../../../operator/sandbox/host/plan.ts';
import { Quarantine } from '../../../operator/sandbox/host/quarantine.ts';
import { encodeBatch } from '../../../operator/sandbox/wire/batch.ts';

const second = 1000;

/** A program in quarantine since time 0, for ten seconds. */
function quarantined(): Quarantine {
  const quarantine = new Quarantine();
  for (let i = 0; i < 3; i++) quarantine.overran('slow', 0);
  return quarantine;
}

describe('The quarantine', () => {
  it('takes a program that overran three times within a minute, and no other', () => {
    const quarantine = new Quarantine();
    expect([0, 10, 20].map((time) => quarantine.overran('slow', time * second))).to.deep.equal([
      false,
      false,
      true,
    ]);
    expect(quarantine.standing('slow', 21 * second)).to.equal('barred');
    expect([0, 50, 100].map((time) => quarantine.overran('rare', time * second))).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect(quarantine.standing('rare', 101 * second)).to.equal('free');
  });

  it('has a program tried once its term is over, by one call at a time', () => {
    const quarantine = quarantined();
    expect(quarantine.standing('slow', 9 * second)).to.equal('barred');
    expect(quarantine.standing('slow', 10 * second)).to.equal('due');
    quarantine.tryOut('slow');
    expect(quarantine.standing('slow', 10 * second)).to.equal('barred');
    quarantine.trialLapsed('slow');
    expect(quarantine.standing('slow', 10 * second)).to.equal('due');
  });

  it('frees a program that kept its limit, and doubles the term of one that did not', () => {
    const quarantine = quarantined();
    quarantine.tryOut('slow');
    expect(quarantine.overran('slow', 10 * second)).to.equal(true);
    expect(quarantine.until('slow')).to.equal(30 * second);
    quarantine.tryOut('slow');
    quarantine.passed('slow');
    expect(quarantine.standing('slow', 30 * second)).to.equal('free');
  });

  it('never takes longer than ten minutes to try again', () => {
    const quarantine = quarantined();
    for (let i = 0; i < 20; i++) {
      quarantine.tryOut('slow');
      quarantine.overran('slow', 0);
    }
    expect(quarantine.until('slow')).to.equal(600 * second);
  });
});

describe('A job with programs in quarantine', () => {
  const calls = ['fast', 'slow', 'fast', 'slow', 'fast'].map((program) => ({
    metadata: '{}',
    programs: program === 'slow' ? ['slow', 'fast'] : ['fast'],
  }));
  const job = batchJob(encodeBatch(1, calls, [], false));
  const range = (part: { from: number; to: number } | undefined) => part && [part.from, part.to];

  it('runs as a whole without them while they are barred', () => {
    const plan = planJob(job, quarantined(), 0, 0);
    expect([range(plan.run), range(plan.trial), range(plan.later)]).to.deep.equal([
      [0, 5],
      undefined,
      undefined,
    ]);
    expect(plan.run?.barred).to.have.lengthOf(1);
    expect(plan.run?.barred[0]?.failure.message).to.equal(
      'slow: in quarantine until 1970-01-01T00:00:10.000Z, because it kept passing its time limit',
    );
  });

  it('is divided around the call that tries one which is due', () => {
    const plan = planJob(job, quarantined(), 10 * second, 0);
    expect([range(plan.run), range(plan.trial), range(plan.later)]).to.deep.equal([
      [0, 1],
      [1, 2],
      [2, 5],
    ]);
    expect(plan.trial?.trial).to.equal('slow');
    expect(plan.trial?.barred).to.deep.equal([]);
    expect(plan.run?.barred).to.have.lengthOf(1);
  });

  it('runs as it is while all are free', () => {
    const plan = planJob(job, new Quarantine(), 0, 0);
    expect([range(plan.run), range(plan.trial), range(plan.later)]).to.deep.equal([
      [0, 5],
      undefined,
      undefined,
    ]);
    expect(plan.run?.barred).to.deep.equal([]);
  });
});
