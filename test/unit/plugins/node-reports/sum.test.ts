import { expect } from 'chai';
import { sumStatistics } from '../../../../operator/plugins/node-reports/sum.ts';
import { makeError, makeNumbers } from './numbers.ts';

describe("the sum of the nodes' numbers", () => {
  it('adds Pods and errors up', () => {
    const sum = sumStatistics(makeNumbers({ pods: 1, errors: 2 }), [
      makeNumbers({ pods: 10, errors: 20 }),
      makeNumbers({ pods: 100 }),
    ]);
    expect(sum).to.include({ pods: 111, errors: 22, revision: 'one' });
  });

  it('shows an error of several nodes once, with its latest Pod, and the five latest kinds', () => {
    const own = makeNumbers({ lastErrors: [makeError(1, 10, { pod: 'a/old', count: 2 }), makeError(2, 5)] });
    const other = makeNumbers({
      lastErrors: [makeError(1, 20, { pod: 'b/new', count: 3 }), makeError(3, 15), makeError(4, 14)],
    });
    const third = makeNumbers({ lastErrors: [makeError(5, 1), makeError(6, 30)] });
    const { lastErrors } = sumStatistics(own, [other, third]);
    expect(lastErrors.map(({ failure }) => failure.line)).to.deep.equal([6, 1, 3, 4, 2]);
    expect(lastErrors[1]).to.deep.include({ pod: 'b/new', count: 5, time: 20 });
  });

  it('counts the Pods of every revision, but the errors of the one that serves here', () => {
    const sum = sumStatistics(makeNumbers({ pods: 1, errors: 1 }), [
      makeNumbers({ revision: 'another', pods: 10, errors: 10, lastErrors: [makeError(1, 1)] }),
    ]);
    expect(sum).to.deep.include({ pods: 11, errors: 1, lastErrors: [] });
  });

  it('tells what a dry run would change on all nodes, each Pod once and at most ten', () => {
    const dryRun = (podsChanging: number, ...pods: string[]) =>
      makeNumbers({
        dryRun: { podsChanging, examples: pods.map((pod) => ({ pod, before: {}, after: { type: 'Job' } })) },
      });
    const names = (prefix: string) => Array.from({ length: 7 }, (_, index) => `a/${prefix}-${index}`);
    const sum = sumStatistics(dryRun(7, ...names('x')), [dryRun(8, 'a/x-0', ...names('y')), makeNumbers()]);
    expect(sum.dryRun?.podsChanging).to.equal(15);
    expect(sum.dryRun?.examples.map(({ pod }) => pod)).to.deep.equal([
      ...names('x'),
      'a/y-0',
      'a/y-1',
      'a/y-2',
    ]);
    expect(sumStatistics(makeNumbers(), [dryRun(1)]).dryRun, 'no dry run here').to.equal(undefined);
  });

  it('names each plugin that it is in conflict with once, when this instance has looked for conflicts', () => {
    const conflict = (name: string, pod: string) => {
      const says = { own: { type: 'Job', name: 'a' }, other: { type: 'Job', name: 'b' } };
      return { with: name, decides: true, pod, ...says };
    };
    const others = [
      makeNumbers({ conflicts: [conflict('z', 'a/2'), conflict('y', 'a/3')] }),
      makeNumbers({ conflicts: [conflict('z', 'a/4')] }),
    ];
    const { conflicts } = sumStatistics(makeNumbers({ conflicts: [conflict('y', 'a/1')] }), others);
    expect(conflicts?.map(({ with: name, pod }) => `${name} ${pod}`)).to.deep.equal(['y a/1', 'z a/2']);
    expect(sumStatistics(makeNumbers(), others).conflicts, 'not looked for yet').to.equal(undefined);
  });

  it('is quarantined until the last node asks again', () => {
    const until = (quarantinedUntil?: number) => makeNumbers({ quarantinedUntil });
    expect(sumStatistics(until(), [until(5), until(9)]).quarantinedUntil).to.equal(9);
    expect(sumStatistics(until(), [until()]).quarantinedUntil).to.equal(undefined);
  });
});
