import { expect } from 'chai';
import type { Condition } from '../../../operator/api/generated.ts';
import { type Active, type Outcome, outcomeOfFailure } from '../../../operator/plugins/state/plugin-state.ts';
import type { PluginStatistics } from '../../../operator/plugins/status/statistics.ts';
import { buildStatus, degradedMs } from '../../../operator/plugins/status/status.ts';
import { makePlugin } from '../support/builders.ts';

const active: Active = {
  plugin: makePlugin('p'),
  program: 'p@2',
  programHash: 'abc',
  number: 2,
  hash: 'abc',
  generation: 2,
  testsJson: '[]',
  tests: { passed: 0, failed: 0, failures: [] },
};
const quiet: PluginStatistics = { pods: 0, errors: 0, lastErrors: [] };
const now = Date.parse('2026-01-02T03:04:05Z');

interface Input {
  outcome: Outcome;
  active?: Active | undefined;
  statistics?: PluginStatistics;
  conditions?: Condition[];
  tries?: number;
}

function status({ outcome, active: serves, statistics = quiet, conditions = [], tries = 1 }: Input) {
  const state = {
    uid: 'u',
    generation: 3,
    outcome,
    tries,
    scriptVersion: 0,
    retryAt: undefined,
    active: serves,
  };
  return buildStatus({ state, statistics, current: { conditions }, now });
}

/** `Ready=True Serving` and so on, in the order of the status. */
function summary(input: Input): string[] {
  return (status(input).conditions ?? []).map(
    ({ type, status: holds, reason }) => `${type}=${holds} ${reason}`,
  );
}

describe('the status of a plugin', () => {
  const broken = outcomeOfFailure({ reason: 'compile', message: 'p:3: unexpected symbol', line: 3 });
  const slow = outcomeOfFailure({ reason: 'timeout', message: 'loading took longer than 50 ms' });

  for (const [what, input, conditions] of [
    [
      'a plugin whose latest generation serves',
      { outcome: { state: 'serving' }, active },
      ['Ready=True Serving', 'Serving=True Serving', 'Degraded=False NoErrors'],
    ],
    [
      'a broken update beside a revision that serves on',
      { outcome: broken, active },
      [
        'Ready=False CompileError',
        'Serving=True Serving',
        'Degraded=False NoErrors',
        'Stalled=True CompileError',
      ],
    ],
    [
      'a plugin that never served',
      { outcome: broken },
      [
        'Ready=False CompileError',
        'Serving=False NoRevision',
        'Degraded=False NoErrors',
        'Stalled=True CompileError',
      ],
    ],
    [
      'a suspended plugin',
      { outcome: { state: 'suspended' } },
      ['Ready=False Suspended', 'Serving=False Suspended', 'Degraded=False NoErrors'],
    ],
    [
      'a plugin whose API group is not served: nothing is wrong with it',
      { outcome: { state: 'dormant', message: 'no apps.kruise.io' } },
      ['Ready=True Dormant', 'Serving=False DependencyMissing', 'Degraded=False NoErrors'],
    ],
    [
      'a script whose first load was too slow: the machine may have been busy',
      { outcome: slow },
      ['Ready=False LoadTimeout', 'Serving=False NoRevision', 'Degraded=False NoErrors'],
    ],
    [
      'a script whose third load was too slow',
      { outcome: slow, tries: 3 },
      [
        'Ready=False LoadTimeout',
        'Serving=False NoRevision',
        'Degraded=False NoErrors',
        'Stalled=True LoadTimeout',
      ],
    ],
  ] as const satisfies readonly (readonly [string, Input, readonly string[]])[]) {
    it(`shows ${what}`, () => {
      expect(summary(input)).to.deep.equal(conditions);
    });
  }

  it('says in every condition which generation it speaks of, and why', () => {
    const [ready] = status({ outcome: broken, active }).conditions ?? [];
    expect(ready).to.deep.equal({
      type: 'Ready',
      status: 'False',
      reason: 'CompileError',
      message: 'p:3: unexpected symbol',
      observedGeneration: 3,
      lastTransitionTime: '2026-01-02T03:04:05.000Z',
    });
  });

  it('keeps the time of a condition that did not change', () => {
    const before = (status({ outcome: { state: 'serving' }, active }).conditions ?? []).map((condition) => ({
      ...condition,
      lastTransitionTime: '2025-01-01T00:00:00Z',
    }));
    const after = status({ outcome: broken, active, conditions: before }).conditions ?? [];
    const times = Object.fromEntries(after.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]));
    expect(times).to.include({
      Ready: '2026-01-02T03:04:05.000Z',
      Serving: '2025-01-01T00:00:00Z',
      Stalled: '2026-01-02T03:04:05.000Z',
    });
  });

  it('takes Stalled away when the plugin serves again', () => {
    const conditions = status({ outcome: broken, active }).conditions ?? [];
    expect(summary({ outcome: { state: 'serving' }, active, conditions }).join()).not.to.contain('Stalled');
  });

  it('is Degraded while errors recur, and no longer', () => {
    const error = {
      failure: { reason: 'runtime', message: 'p:9: oops', line: 9 } as const,
      pod: 'shop/web-0',
      count: 4,
    };
    const recent = { pods: 1, errors: 4, lastErrors: [{ ...error, time: now - 1000 }] };
    const future = { ...recent, lastErrors: [{ ...error, time: now + degradedMs }] };
    expect(
      summary({ outcome: { state: 'serving' }, active, statistics: future }),
      'from before the clock was set back',
    ).to.include('Degraded=False NoErrors');
    const old = { ...recent, lastErrors: [{ ...error, time: now - degradedMs }] };
    expect(summary({ outcome: { state: 'serving' }, active, statistics: recent })).to.include(
      'Degraded=True ErrorsRecur',
    );
    expect(summary({ outcome: { state: 'serving' }, active, statistics: old })).to.include(
      'Degraded=False NoErrors',
    );
    expect(status({ outcome: { state: 'serving' }, active, statistics: recent })).to.deep.include({
      errors: 4,
      podsResolved: 1,
      lastErrors: [
        {
          reason: 'runtime',
          message: 'p:9: oops',
          line: 9,
          pod: 'shop/web-0',
          time: '2026-01-02T03:04:04.000Z',
          count: 4,
        },
      ],
    });
  });

  it('leaves numbers and Degraded as they are while the numbers of all nodes are not known', () => {
    const recent = {
      failure: { reason: 'runtime', message: 'p:9: oops', line: 9 } as const,
      pod: 'shop/web-0',
      time: now - 1000,
      count: 4,
    };
    const serving: Input = { outcome: { state: 'serving' }, active };
    const { podsResolved, errors, lastErrors, conditions } = status({
      ...serving,
      statistics: { pods: 9, errors: 4, lastErrors: [recent] },
    });
    const current = {
      podsResolved: podsResolved ?? 0,
      errors: errors ?? 0,
      lastErrors: lastErrors ?? [],
      conditions: conditions ?? [],
    };
    const state = { uid: 'u', generation: 3, scriptVersion: 0, tries: 1, retryAt: undefined };
    const unknown = buildStatus({
      state: { ...state, ...serving, active },
      statistics: undefined,
      current,
      now,
    });
    expect(unknown).to.deep.include({ podsResolved, errors, lastErrors, conditions });
  });

  it('is Degraded while it is quarantined, and says until when', () => {
    const quarantined = { ...quiet, quarantinedUntil: now + 60_000 };
    const conditions =
      status({ outcome: { state: 'serving' }, active, statistics: quarantined }).conditions ?? [];
    const degraded = conditions.find(({ type }) => type === 'Degraded');
    expect(degraded).to.include({ status: 'True', reason: 'Quarantined' });
    expect(degraded?.message).to.contain('2026-01-02T03:05:05.000Z');
    const over = { ...quiet, quarantinedUntil: now };
    expect(summary({ outcome: { state: 'serving' }, active, statistics: over })).to.include(
      'Degraded=False NoErrors',
    );
  });

  it('names the revision that serves, and removes it when none does', () => {
    expect(status({ outcome: { state: 'serving' }, active }).activeRevision).to.deep.equal({
      number: 2,
      hash: 'abc',
      generation: 2,
    });
    expect(status({ outcome: broken }).activeRevision).to.equal(null);
  });

  it('is Conflicted while another plugin of its priority disagrees, and Ready all the same', () => {
    const workload = { type: 'Cluster', name: 'one' };
    const conflict = {
      with: 'q',
      decides: true,
      pod: 'a/b',
      own: workload,
      other: { ...workload, name: 'two' },
    };
    const serving: Outcome = { state: 'serving' };
    const found = status({ outcome: serving, active, statistics: { ...quiet, conflicts: [conflict] } });
    const conditions = found.conditions ?? [];
    expect(conditions.map(({ type, status: holds }) => `${type}=${holds}`)).to.deep.equal([
      'Ready=True',
      'Serving=True',
      'Degraded=False',
      'Conflicted=True',
    ]);
    expect(conditions.at(-1)).to.deep.include({ reason: 'SamePriority', observedGeneration: 3 });
    const types = (statistics: PluginStatistics) =>
      summary({ outcome: serving, active, statistics, conditions }).map((text) => text.split('=')[0]);
    expect(types(quiet), 'nobody has looked since the restart').to.include('Conflicted');
    expect(types({ ...quiet, conflicts: [] })).not.to.include('Conflicted');
  });

  it('shows what it would change in DryRun mode, and what an earlier run found until all Pods are known', () => {
    const report = {
      podsChanging: 1,
      examples: [{ pod: 'a/b', before: {}, after: { type: 'T', name: 'n' } }],
    };
    const empty = { podsChanging: 0, examples: [] };
    const state = { uid: 'u', generation: 3, outcome: { state: 'serving' } as const, tries: 1 };
    const build = (statistics: PluginStatistics) =>
      buildStatus({
        state: { ...state, scriptVersion: 0, retryAt: undefined, active },
        statistics,
        current: { dryRun: report },
        now,
      }).dryRun;
    expect(build({ ...quiet, dryRun: empty })).to.deep.equal(empty);
    expect(build({ ...quiet, pods: undefined, dryRun: empty })).to.deep.equal(report);
    expect(build(quiet), 'another mode').to.equal(null);
  });
});
