import { expect } from 'chai';
import type { Condition } from '../../../operator/api/generated.ts';
import { eventsOf } from '../../../operator/plugins/status/events.ts';
import type { StatusPatch } from '../../../operator/plugins/status/status.ts';
import { makePlugin } from '../support/builders.ts';

function condition(type: string, status: 'True' | 'False', reason: string, generation = 1): Condition {
  const lastTransitionTime = '2026-01-02T03:04:05Z';
  return {
    type,
    status,
    reason,
    message: `because of ${reason}`,
    observedGeneration: generation,
    lastTransitionTime,
  };
}

/** `Normal Serving` and so on, for a change of conditions. */
function told(before: Condition[], after: Condition[]): string[] {
  const plugin = makePlugin('p');
  if (before.length > 0) plugin.status = { conditions: before };
  return eventsOf(plugin, { conditions: after } as StatusPatch).map(
    ({ type, reason }) => `${type} ${reason}`,
  );
}

const serving = condition('Ready', 'True', 'Serving');
const calm = condition('Degraded', 'False', 'NoErrors');

describe('the Events about a plugin', () => {
  it('tell that a new plugin serves, and not that it has no errors yet', () => {
    expect(told([], [serving, calm])).to.deep.equal(['Normal Serving']);
  });

  it('warn of a generation that can not serve, and tell of each further one', () => {
    const broken = condition('Ready', 'False', 'CompileError', 2);
    expect(told([serving], [broken])).to.deep.equal(['Warning CompileError']);
    expect(told([broken], [broken])).to.deep.equal([]);
    expect(told([broken], [{ ...broken, observedGeneration: 3 }])).to.deep.equal(['Warning CompileError']);
  });

  it('do not warn of a plugin that somebody suspended', () => {
    expect(told([serving], [condition('Ready', 'False', 'Suspended', 2)])).to.deep.equal([
      'Normal Suspended',
    ]);
  });

  it('tell that a plugin becomes dormant, and not that a new one is: a whole library may be', () => {
    const dormant = condition('Ready', 'True', 'Dormant');
    expect(told([serving], [dormant])).to.deep.equal(['Normal Dormant']);
    expect(told([], [dormant, calm])).to.deep.equal([]);
    expect(told([dormant], [serving])).to.deep.equal(['Normal Serving']);
  });

  it('warn when errors begin to recur and when the plugin is quarantined, and tell when both are over', () => {
    const recurring = condition('Degraded', 'True', 'ErrorsRecur');
    const quarantined = condition('Degraded', 'True', 'Quarantined');
    expect(told([calm], [recurring])).to.deep.equal(['Warning ErrorsRecur']);
    expect(told([recurring], [quarantined])).to.deep.equal(['Warning Quarantined']);
    expect(told([quarantined], [{ ...quarantined, observedGeneration: 2 }])).to.deep.equal([]);
    expect(told([quarantined], [calm])).to.deep.equal(['Normal NoErrors']);
  });
});
