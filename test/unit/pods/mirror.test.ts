import { expect } from 'chai';
import type { ObjectMeta } from '../../../operator/kube/client/types.ts';
import {
  AnnotationKeys,
  annotationsFor,
  noAnnotations,
  type PodAnnotations,
} from '../../../operator/pods/annotations/annotations.ts';
import type { MirrorOptions, MirrorPatch } from '../../../operator/pods/annotations/mirror.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import { makePod, writtenBy } from '../support/builders.ts';

const both = { labels: true, openTelemetry: true };
const type = 'luaplugin.dev/workload-type';
const name = 'luaplugin.dev/workload-name';
const attribute = (of: string) => `resource.opentelemetry.io/${of}`;
const set = annotationsFor({ type: 'StatefulSet', name: 'db' }, 'standard');

/** What the mirror would have written to a Pod that has this. */
function patch(
  metadata: Pick<ObjectMeta, 'labels' | 'annotations' | 'managedFields'>,
  to: PodAnnotations,
  options: Partial<MirrorOptions> = both,
): MirrorPatch | undefined {
  const keys = new AnnotationKeys('luaplugin.dev', { labels: false, openTelemetry: false, ...options });
  return keys.mirror.patch(keys.read(metadata).mirrored, to);
}

/** A Pod as it is after the operator wrote so much. */
function ours(labels: Record<string, string>, annotations: Record<string, string> = {}) {
  return { labels, annotations, managedFields: [writtenBy('lua-plugin-operator', { labels, annotations })] };
}

describe('the mirror of a workload', () => {
  it("is nothing while it is switched off, and what others wrote there is none of the operator's business", () => {
    expect(patch({}, set, {})).to.equal(undefined);
    const labels = { [type]: 'Mine' };
    const managedFields = [writtenBy('kubectl', { labels })];
    expect(patch({ labels, managedFields }, set, {})).to.equal(undefined);
  });

  it("is type and name as labels, under the annotations' keys", () => {
    expect(patch({ labels: { app: 'x' } }, set, { labels: true })).to.deep.equal({
      labels: { [type]: 'StatefulSet', [name]: 'db' },
    });
  });

  for (const [what, workload, label] of [
    ['a name of 63 characters', 'a'.repeat(63), true],
    ['a name of 64 characters', 'a'.repeat(64), false],
    ['a name with dots and underscores', 'a.b_c', true],
    ['a name that ends with a dash', 'a-', false],
    ['a name with other letters', 'größe', false],
    ['a name with a slash', 'team/app', false],
  ] as const) {
    it(`${label ? 'has' : 'leaves out, and does not cut,'} ${what}`, () => {
      const to = annotationsFor({ type: 'Job', name: workload }, 'LuaPlugin/p');
      expect(patch({}, to, { labels: true })?.labels).to.deep.equal({
        [type]: 'Job',
        ...(label ? { [name]: workload } : {}),
      });
      const keys = new AnnotationKeys('luaplugin.dev', both);
      expect(keys.mirror.omitsName(to)).to.equal(!label);
    });
  }

  it('takes the label of a name off when the next one can be none', () => {
    const to = annotationsFor({ type: 'StatefulSet', name: 'x'.repeat(100) }, 'LuaPlugin/p');
    expect(patch(ours({ [type]: 'StatefulSet', [name]: 'db' }), to, { labels: true })).to.deep.equal({
      labels: { [name]: null },
    });
  });

  for (const [kind, expected] of [
    ['Deployment', { 'k8s.deployment.name': 'x' }],
    ['ReplicaSet', { 'k8s.replicaset.name': 'x' }],
    ['StatefulSet', { 'k8s.statefulset.name': 'x' }],
    ['DaemonSet', { 'k8s.daemonset.name': 'x' }],
    ['Job', { 'k8s.job.name': 'x' }],
    ['CronJob', { 'k8s.cronjob.name': 'x' }],
    ['ReplicationController', { 'k8s.replicationcontroller.name': 'x' }],
    ['CloneSet', { 'k8s.workload.kind': 'CloneSet', 'k8s.workload.name': 'x' }],
    ['constructor', { 'k8s.workload.kind': 'constructor', 'k8s.workload.name': 'x' }],
  ] as const) {
    it(`names a ${kind} by OpenTelemetry's attributes`, () => {
      const to = annotationsFor({ type: kind, name: 'x' }, 'standard');
      const expectation = Object.entries(expected).map(([key, value]) => [attribute(key), value]);
      expect(patch({}, to, { openTelemetry: true })).to.deep.equal({
        annotations: Object.fromEntries(expectation),
      });
    });
  }

  it('says nothing to OpenTelemetry of a Pod that is its own workload, whose name every collector knows', () => {
    expect(
      patch({}, annotationsFor({ type: 'Pod', name: 'x' }, 'standard'), { openTelemetry: true }),
    ).to.equal(undefined);
  });

  it('needs no write when it is there', () => {
    const there = ours(
      { [type]: 'StatefulSet', [name]: 'db' },
      { [attribute('k8s.statefulset.name')]: 'db' },
    );
    expect(patch(there, set)).to.equal(undefined);
  });

  it('changes with the workload, and the attribute of the former type goes', () => {
    const there = ours(
      { [type]: 'StatefulSet', [name]: 'db' },
      { [attribute('k8s.statefulset.name')]: 'db' },
    );
    const to = annotationsFor({ type: 'Deployment', name: 'db' }, 'standard');
    expect(patch(there, to)).to.deep.equal({
      labels: { [type]: 'Deployment' },
      annotations: {
        [attribute('k8s.deployment.name')]: 'db',
        [attribute('k8s.statefulset.name')]: null,
      },
    });
  });

  it('goes with the workload, and when it is switched off', () => {
    const there = ours({ [type]: 'Job', [name]: 'j', app: 'x' }, { [attribute('k8s.job.name')]: 'j' });
    const nothing = {
      labels: { [type]: null, [name]: null },
      annotations: { [attribute('k8s.job.name')]: null },
    };
    expect(patch(there, noAnnotations)).to.deep.equal(nothing);
    expect(patch(there, annotationsFor({ type: 'Job', name: 'j' }, 'standard'), {})).to.deep.equal(nothing);
  });

  it('leaves alone what somebody else set, before or after', () => {
    const labels = { [type]: 'Mine' };
    const annotations = { [attribute('k8s.statefulset.name')]: 'theirs' };
    const managedFields = [
      writtenBy('lua-plugin-operator', { labels: { [name]: '' } }),
      writtenBy('kubectl-label', { labels, annotations }),
    ];
    expect(patch({ labels: { ...labels, [name]: 'old' }, annotations, managedFields }, set)).to.deep.equal({
      labels: { [name]: 'db' },
    });
  });

  it('leaves alone what it shares with somebody who applied the same', () => {
    const labels = { [type]: 'Job', [name]: 'j' };
    const managedFields = ['lua-plugin-operator', 'argocd'].map((one) => writtenBy(one, { labels }));
    expect(patch({ labels, managedFields }, noAnnotations)).to.equal(undefined);
  });

  it('is taken for its own by what it says, where nobody knows any more who wrote it', () => {
    const annotations = { [type]: 'Job', [name]: 'j', [attribute('k8s.job.name')]: 'j' };
    const labels = { [type]: 'Job', [name]: 'other' };
    expect(patch({ labels, annotations }, noAnnotations)).to.deep.equal({
      labels: { [type]: null },
      annotations: { [attribute('k8s.job.name')]: null },
    });
  });
});

describe("a Pod's mirror in the store", () => {
  const setUp = () => {
    const changed: string[] = [];
    const store = new PodStore({
      keys: new AnnotationKeys('luaplugin.dev', both),
      inScope: () => true,
    });
    store.onChange(({ uid }) => changed.push(uid));
    const seen = () => {
      const record = store.get('u');
      return record === undefined ? undefined : JSON.parse(store.metadata(record));
    };
    return { store, changed, seen, digest: () => store.get('u')?.digest };
  };

  it('is not seen by plugins, and no change to them', () => {
    const { store, seen, digest } = setUp();
    store.upsert(makePod({ uid: 'u', labels: { app: 'x' } }));
    const [before, digestBefore] = [seen(), digest()];
    const mirrored = ours({ [type]: 'Job', [name]: 'j' }, { [attribute('k8s.job.name')]: 'j' });
    store.upsert(
      makePod({ uid: 'u', resourceVersion: '11', ...mirrored, labels: { app: 'x', ...mirrored.labels } }),
    );
    expect(seen()).to.deep.equal(before);
    expect(digest()).to.equal(digestBefore);
  });

  it('is seen by plugins where somebody else set it', () => {
    const { store, seen } = setUp();
    const labels = { [type]: 'Mine', constructor: 'x' };
    store.upsert(makePod({ uid: 'u', labels, managedFields: [writtenBy('kubectl', { labels })] }));
    expect(seen()).to.deep.include({ labels });
  });

  it('is looked at again when somebody changes it', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u', ...ours({ [type]: 'Job', [name]: 'j' }) }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', ...ours({ [type]: 'Job' }) }));
    expect(changed).to.deep.equal(['u', 'u']);
  });

  it('takes no memory of its own: Pods that carry the same share it', () => {
    const { store } = setUp();
    for (const uid of ['u', 'v']) {
      store.upsert(makePod({ uid, name: uid, ...ours({ [type]: 'Job', [name]: 'j' }) }));
    }
    expect(store.get('u')?.carried).to.equal(store.get('v')?.carried);
  });
});
