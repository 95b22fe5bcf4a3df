import { expect } from 'chai';
import type { LuaPlugin } from '../../../operator/api/generated.ts';
import { useControlPlane } from '../../support/control-plane.ts';
import { kstatusOf } from '../../unit/support/kstatus.ts';

describe('a LuaPlugin that no operator has looked at', () => {
  const fixture = useControlPlane();

  it('is in progress to kstatus, and not taken for a good one', async () => {
    const plugins = '/apis/luaplugin.dev/v1alpha1/luaplugins';
    const name = fixture.namespace;
    await fixture.plane.api.request('POST', plugins, {
      apiVersion: 'luaplugin.dev/v1alpha1',
      kind: 'LuaPlugin',
      metadata: { name },
      spec: { script: 'x = 1' },
    });
    const plugin = await fixture.plane.api.request<LuaPlugin>('GET', `${plugins}/${name}`);
    expect(plugin.status).to.deep.equal({ observedGeneration: -1 });
    expect(kstatusOf(plugin)).to.equal('InProgress');
    await fixture.plane.api.request('DELETE', `${plugins}/${name}`);
  });
});
