import { expect } from 'chai';
import { removeCondition, setCondition, type WantedCondition } from '../../../operator/api/conditions.ts';
import type { Condition } from '../../../operator/api/generated.ts';

const earlier = '2026-01-01T00:00:00Z';
const now = '2026-01-02T00:00:00Z';

const ready: WantedCondition = {
  type: 'Ready',
  status: 'True',
  reason: 'Serving',
  message: 'ok',
  observedGeneration: 2,
};
const before: Condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Serving',
  message: 'was ok',
  observedGeneration: 1,
  lastTransitionTime: earlier,
};

describe('setCondition', () => {
  it('adds a condition that changed now', () => {
    expect(setCondition([], ready, now)).to.deep.equal([{ ...ready, lastTransitionTime: now }]);
  });

  it('keeps the time while the status stays, whatever else changes', () => {
    expect(setCondition([before], ready, now)).to.deep.equal([{ ...ready, lastTransitionTime: earlier }]);
  });

  it('takes the new time when the status changes', () => {
    const [condition] = setCondition([before], { ...ready, status: 'False', reason: 'CompileError' }, now);
    expect(condition).to.include({ status: 'False', lastTransitionTime: now });
  });

  it('gives a reason its own message when there is no other', () => {
    const wanted: WantedCondition = {
      type: 'Serving',
      status: 'False',
      reason: 'NoRevision',
      observedGeneration: 1,
    };
    expect(setCondition([], wanted, now)[0]).to.include({ message: 'no revision serves' });
  });

  it('leaves the message empty for a reason that has none', () => {
    const { message: _, ...wanted } = ready;
    expect(setCondition([], wanted, now)[0]).to.include({ message: '' });
  });

  it('puts Ready first, then Serving, Degraded and Stalled, then what others set', () => {
    const types = ['Zebra', 'Stalled', 'Degraded', 'Alpha', 'Serving'];
    const others = types.map((type): Condition => ({ ...before, type }));
    expect(setCondition(others, ready, now).map(({ type }) => type)).to.deep.equal([
      'Ready',
      'Serving',
      'Degraded',
      'Stalled',
      'Alpha',
      'Zebra',
    ]);
  });

  it('does not change the list it is given', () => {
    const conditions = [before];
    setCondition(conditions, ready, now);
    expect(conditions).to.deep.equal([before]);
  });
});

describe('removeCondition', () => {
  it('takes out that type alone', () => {
    const stalled: Condition = { ...before, type: 'Stalled' };
    expect(removeCondition([before, stalled], 'Stalled')).to.deep.equal([before]);
  });

  it('is fine with a condition that is not there', () => {
    expect(removeCondition([before], 'Stalled')).to.deep.equal([before]);
  });
});
