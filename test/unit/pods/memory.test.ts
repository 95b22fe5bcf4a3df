import { expect } from 'chai';
import type { KubeObject } from '../../../operator/kube/client/types.ts';
import { TrackedSink } from '../../../operator/kube/watch/tracked-sink.ts';
import { AnnotationKeys, annotationsFor } from '../../../operator/pods/annotations/annotations.ts';
import { DecidedPool } from '../../../operator/pods/store/decision.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import { makePod } from '../../bench/memory/pods.ts';
import { usedBytes } from '../../support/heap.ts';

const pods = 20_000;

describe('the memory of a Pod', () => {
  it('is at most 480 bytes, with 1.4 KB of metadata, its decision, and what the reflector knows of it', async () => {
    const store = new PodStore({
      keys: new AnnotationKeys('luaplugin.dev'),
      inScope: () => true,
    });
    const sink = new TrackedSink<KubeObject>(store, (error) => {
      throw error;
    });
    const decided = new DecidedPool();
    const before = await usedBytes();
    for (let index = 0; index < pods; index += 1) {
      // As it comes from the API server: every string is the Pod's own.
      const pod: KubeObject = JSON.parse(JSON.stringify(makePod(index)));
      sink.upsert(pod, 'list');
      const record = store.get(pod.metadata.uid);
      if (record === undefined) throw new Error('the store lost the Pod');
      const annotations = annotationsFor(
        { type: 'Job', name: pod.metadata.labels?.app ?? '' },
        'LuaPlugin/p',
      );
      const decision = { action: 'carry', annotations, retryMs: undefined } as const;
      record.decided = decided.share({ asked: 'p@1', decision });
    }
    const bytes = ((await usedBytes()) - before) / pods;
    expect(sink.uids().size).to.equal(pods);
    expect(bytes, 'bytes a Pod').to.be.below(480);
  });

  it('is free again when the Pods are gone', async () => {
    const store = new PodStore({
      keys: new AnnotationKeys('luaplugin.dev'),
      inScope: () => true,
    });
    const before = await usedBytes();
    for (let index = 0; index < pods; index += 1) store.upsert(makePod(index));
    for (const uid of [...store.uids()]) store.remove(uid);
    expect(((await usedBytes()) - before) / pods, 'bytes a Pod that was').to.be.below(30);
    expect(store.size).to.equal(0);
  });
});
