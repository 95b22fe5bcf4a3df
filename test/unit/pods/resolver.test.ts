import { expect } from 'chai';
import { type PluginEntry, PluginSet } from '../../../operator/plugins/state/plugin-set.ts';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { Resolver } from '../../../operator/pods/resolve/resolver.ts';
import type { PodRecord } from '../../../operator/pods/store/pod.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import type { OwnerAnswer } from '../../../operator/workloads/standard.ts';
import { makeOwner, makePod } from '../support/builders.ts';
import { resolved, ScriptedSandbox } from '../support/scripted-sandbox.ts';

describe('a decision about a Pod', () => {
  it('is not kept when the Pod changed while its owner was read', async () => {
    const keys = new AnnotationKeys('luaplugin.dev');
    const store = new PodStore({ keys, inScope: () => true });
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

describe('the Pods whose turn is next', () => {
  /** Pods a, b and c, the plugin p, and a sandbox that tells how many calls each of its messages would have. */
  async function setUp() {
    const keys = new AnnotationKeys('luaplugin.dev');
    const store = new PodStore({ keys, inScope: () => true });
    for (const name of ['a', 'b', 'c']) store.upsert(makePod({ uid: name, name }));
    const sandbox = new ScriptedSandbox();
    sandbox.answers.set('p', (text) =>
      resolved('Job', JSON.parse(text).labels?.job ?? JSON.parse(text).name),
    );
    const plugins = new PluginSet();
    const plug = async (program: string, mode: PluginEntry['mode'] = 'Enforce') => {
      await sandbox.load({
        id: program,
        plugin: 'p',
        script: 'p',
        limits: { timeoutMs: 50, memoryBytes: 2 ** 24 },
      });
      plugins.put({ name: 'p', priority: 0, mode, matches: () => true, program });
    };
    await plug('p@1');
    const next: string[] = [];
    const resolver = new Resolver({
      plugins,
      sandbox,
      owners: { controllerOf: () => Promise.reject(new Error('nobody asks')) },
      standardResolution: false,
      allowedTypes: [],
      metadataOf: (record) => store.metadata(record),
      onStep: () => {},
      upcoming: () => next.flatMap((uid) => store.get(uid) ?? []),
    });
    const workloadOf = async (uid: string) => {
      const record = store.get(uid);
      if (record === undefined) throw new Error(`there is no Pod ${uid}`);
      const decision = await resolver.decide(record);
      return decision.action === 'carry' ? decision.annotations.name : decision.action;
    };
    return { store, sandbox, plug, next, workloadOf, resolver };
  }

  it('are asked about together with the first, and once', async () => {
    const { sandbox, next, workloadOf } = await setUp();
    next.push('b', 'c');
    expect(await workloadOf('a')).to.equal('a');
    expect(sandbox.calls).to.have.length(3);
    next.length = 0;
    expect([await workloadOf('b'), await workloadOf('c')]).to.deep.equal(['b', 'c']);
    expect(sandbox.calls).to.have.length(3);
  });

  it('are asked about anew when they changed meanwhile', async () => {
    const { store, sandbox, next, workloadOf } = await setUp();
    next.push('b');
    await workloadOf('a');
    next.length = 0;
    store.upsert(makePod({ uid: 'b', name: 'b', resourceVersion: '11', labels: { job: 'other' } }));
    expect(await workloadOf('b')).to.equal('other');
    expect(sandbox.calls).to.have.length(3);
  });

  it('are asked about anew when the plugin changed meanwhile', async () => {
    const { sandbox, plug, next, workloadOf } = await setUp();
    next.push('b');
    await workloadOf('a');
    next.length = 0;
    await plug('p@2');
    sandbox.answers.set('p', () => resolved('Job', 'second'));
    expect(await workloadOf('b')).to.equal('second');
  });

  it('are asked about anew when the failure may have passed', async () => {
    const { sandbox, next, workloadOf } = await setUp();
    sandbox.answers.set('p', () => ({ result: 'error', failure: { reason: 'timeout', message: 'slow' } }));
    next.push('b');
    await workloadOf('a');
    next.length = 0;
    await workloadOf('b');
    expect(sandbox.calls, 'the answer asked for ahead counts').to.have.length(2);
    sandbox.answers.set('p', () => resolved('Job', 'later'));
    expect(await workloadOf('b')).to.equal('later');
  });

  it('are looked at again when a plugin in DryRun mode failed in a way that may pass', async () => {
    const { store, sandbox, plug, resolver } = await setUp();
    await plug('p@2', 'DryRun');
    const record = store.get('a');
    if (record === undefined) throw new Error('the store lost the Pod');
    sandbox.answers.set('p', () => ({ result: 'error', failure: { reason: 'timeout', message: 'slow' } }));
    const { retryMs, dryRunChanges } = await resolver.decide(record);
    expect({ retryMs, dryRunChanges }).to.deep.equal({ retryMs: 30_000, dryRunChanges: undefined });
    sandbox.answers.set('p', () => resolved('Job', 'later'));
    const second = await resolver.decide(record);
    expect(second.retryMs).to.equal(undefined);
    expect(second.dryRunChanges?.map(({ after }) => after.name)).to.deep.equal(['later']);
  });
});
