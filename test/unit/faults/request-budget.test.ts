import { expect } from 'chai';
import { allowed, kindOf, type Minute } from '../../faults/invariants/request-budget.ts';

describe('the bound on an operator’s requests', () => {
  const calm: Minute = { pods: 200, changes: 0, written: 0, revisions: 0, starts: 0, leaseTries: 30 };
  const call = (method: string, path: string, query = '') => ({
    method,
    path,
    query: new URLSearchParams(query),
  });

  it('counts a call by what it is for', () => {
    const pods = '/api/v1/namespaces/shop/pods/web';
    const revisions = '/apis/apps/v1/namespaces/luaplugin-system/controllerrevisions';
    const kinds = [
      kindOf(call('PATCH', pods)),
      kindOf(
        call('PUT', '/apis/coordination.k8s.io/v1/namespaces/luaplugin-system/leases/lua-plugin-operator'),
      ),
      kindOf(call('GET', '/api/v1/pods', 'watch=true')),
      kindOf(call('GET', '/api/v1/pods', 'limit=500')),
      kindOf(call('PATCH', '/apis/luaplugin.dev/v1alpha1/luaplugins/one/status')),
      kindOf(call('GET', '/apis/apps/v1/namespaces/shop/replicasets/web-1')),
      kindOf(call('POST', revisions)),
      kindOf(call('GET', revisions)),
      kindOf(call('GET', '/apis')),
    ];
    expect(kinds).to.deep.equal([
      'PATCH of Pods',
      'Lease',
      'watch of /api/v1/pods',
      'list of /api/v1/pods',
      'status',
      'owner',
      'revision',
      'revisions listed',
      'discovery',
    ]);
  });

  it('lets each Pod be written once for what waited, each change and each revision, and ten a second be tried again', () => {
    expect(allowed('PATCH of Pods', calm)).to.equal(200 + 700);
    expect(allowed('PATCH of Pods', { ...calm, changes: 50 })).to.equal(250 + 700);
    expect(allowed('PATCH of Pods', { ...calm, revisions: 2 })).to.equal(600 + 700);
    expect(allowed('PATCH of Pods', { ...calm, written: 9 }), 'two more for each that succeeds').to.equal(
      918,
    );
  });

  it('is passed by 60,000 refused PATCHes a minute of 10,000 Pods', () => {
    expect(allowed('PATCH of Pods', { ...calm, pods: 10_000 })).to.be.below(60_000);
  });

  it('lets the Lease be renewed as often as the config says, whatever changes', () => {
    expect(allowed('Lease', calm)).to.equal(allowed('Lease', { ...calm, changes: 6_000, revisions: 9 }));
    expect(allowed('Lease', calm)).to.be.within(60, 120);
  });
});
