import { expect } from 'chai';
import { PluginSet } from '../../../operator/plugins/plugin-set.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations.ts';
import type { PodRecord } from '../../../operator/pods/pod.ts';
import { Resolver } from '../../../operator/pods/resolver.ts';
import { PodStore } from '../../../operator/pods/store.ts';
import type { OwnerAnswer } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod } from '../support/builders.ts';
import { ScriptedSandbox } from '../support/scripted-sandbox.ts';

describe('a decision about a Pod', () => {
  it('is not kept when the Pod changed while its owner was read', async () => {
    const keys = new AnnotationKeys('luaplugin.dev');
    const clock = { now: () => 0, sleep: () => Promise.resolve() };
    const store = new PodStore({ keys, clock, inScope: () => true, onChange: () => {}, onRemove: () => {} });
    const asked = Promise.withResolvers<OwnerAnswer>();
    const resolver = new Resolver({
      plugins: new PluginSet(),
      sandbox: new ScriptedSandbox(),
      owners: { controllerOf: () => asked.promise },
      standardResolution: true,
      allowedTypes: [],
      metadataOf: (record) => store.metadata(record),
      onStep: () => {},
    });
    const workloadOf = async (record: PodRecord) => {
      const decision = await resolver.decide(record);
      return decision.action === 'carry' ? decision.annotations.name : decision.action;
    };
    store.upsert(makePod({ uid: 'u', ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'web-1')] }));
    const record = store.get('u');
    if (record === undefined) throw new Error('the store lost the Pod');

    const first = workloadOf(record);
    const adopted = [makeOwner('apps/v1', 'StatefulSet', 'db')];
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', ownerReferences: adopted }));
    asked.resolve({ controller: makeOwner('apps/v1', 'Deployment', 'web'), isFinal: true });

    expect(await first).to.equal('web');
    expect(await workloadOf(record), 'what it is now').to.equal('db');
  });
});
