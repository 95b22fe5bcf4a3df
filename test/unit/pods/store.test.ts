import { expect } from 'chai';
import { AnnotationKeys } from '../../../operator/pods/annotations/annotations.ts';
import { pluginArgument } from '../../../operator/pods/store/pod.ts';
import { PodStore } from '../../../operator/pods/store/store.ts';
import { makeOwner, makePod } from '../support/builders.ts';

function setUp(inScope: (namespace: string) => boolean = () => true) {
  const changed: string[] = [];
  const removed: string[] = [];
  const store = new PodStore({
    keys: new AnnotationKeys('luaplugin.dev'),
    inScope,
  });
  store.onChange(({ uid }) => changed.push(uid));
  store.onRemoval(({ uid }) => removed.push(uid));
  return { store, changed, removed };
}

function argumentOf(store: PodStore, uid: string): unknown {
  const record = store.get(uid);
  return record === undefined
    ? undefined
    : JSON.parse(pluginArgument(store.metadata(record), record.resourceVersion));
}

describe('the store of Pods', () => {
  it("shows plugins all metadata but managedFields and the operator's own annotations", () => {
    const { store } = setUp();
    const metadata = {
      name: 'web-0',
      namespace: 'default',
      uid: 'u',
      resourceVersion: '10',
      creationTimestamp: '2026-01-02T03:04:05Z',
      labels: { app: 'web' },
      annotations: { note: 'x' },
      ownerReferences: [makeOwner('apps/v1', 'ReplicaSet', 'web')],
    };
    const annotations = { ...metadata.annotations, 'luaplugin.dev/workload-type': 'Deployment' };
    store.upsert({ metadata: { ...metadata, annotations, managedFields: [{ manager: 'kubectl' }] } });
    expect(argumentOf(store, 'u')).to.deep.equal(metadata);
  });

  it("leaves out what is absent, the annotations too when only the operator's are there", () => {
    const { store } = setUp();
    store.upsert(makePod({ uid: 'u', annotations: { 'luaplugin.dev/workload-type': 'Pod' } }));
    expect(argumentOf(store, 'u')).to.have.all.keys('name', 'namespace', 'uid', 'resourceVersion');
  });

  it('reports a new Pod and one whose metadata changed', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u' }));
    store.upsert(makePod({ uid: 'u', labels: { app: 'web' }, resourceVersion: '11' }));
    expect(changed).to.deep.equal(['u', 'u']);
  });

  it("does not report what changes no answer, as an update of the Pod's status", () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u' }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', managedFields: [{ manager: 'kubelet' }] }));
    expect(changed).to.deep.equal(['u']);
    expect(argumentOf(store, 'u')).to.include({ resourceVersion: '11' });
  });

  it('reports a Pod whose workload somebody else overwrote', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u' }));
    store.upsert(
      makePod({ uid: 'u', resourceVersion: '11', annotations: { 'luaplugin.dev/workload-name': 'x' } }),
    );
    expect(changed).to.deep.equal(['u', 'u']);
  });

  it('believes the answer to its own write over an event from before it', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u', resourceVersion: '9' }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', labels: { app: 'web' } }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '10' }));
    expect(argumentOf(store, 'u')).to.deep.include({ labels: { app: 'web' } });
    expect(changed).to.have.length(2);
  });

  it('believes the answer to its own write over a list that had begun before', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u', resourceVersion: '9' }), 'list');
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', labels: { app: 'web' } }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '9' }), 'list');
    expect(argumentOf(store, 'u')).to.deep.include({ labels: { app: 'web' } });
    expect(changed).to.have.length(2);
  });

  it('learns nothing from a list of what it knows, but believes an equal version after a restore', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u', resourceVersion: '11' }));
    store.upsert(makePod({ uid: 'u', resourceVersion: '11' }), 'list');
    expect(changed).to.have.length(1);
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', labels: { app: 'web' } }), 'restored');
    expect(argumentOf(store, 'u')).to.deep.include({ labels: { app: 'web' } });
    expect(changed).to.have.length(2);
  });

  it('believes an older state when the data was restored from a backup', () => {
    const { store, changed } = setUp();
    store.upsert(makePod({ uid: 'u', resourceVersion: '11', labels: { app: 'web' } }), 'watch');
    store.upsert(makePod({ uid: 'u', resourceVersion: '9' }), 'restored');
    expect(argumentOf(store, 'u')).not.to.have.property('labels');
    expect(changed).to.have.length(2);
  });

  it('takes a Pod made anew under the same name for another Pod', () => {
    const { store, removed } = setUp();
    store.upsert(makePod({ uid: 'old' }));
    store.upsert(makePod({ uid: 'new' }));
    expect(removed).to.deep.equal(['old']);
    expect([...store.uids()]).to.deep.equal(['new']);
    store.remove('old');
    expect(removed).to.deep.equal(['old']);
    expect(store.get('new')).to.include({ name: 'web-0' });
  });

  it('knows that a Pod is gone whose name another has by now, even if that one is on its way out', () => {
    const { store, removed } = setUp();
    store.upsert(makePod({ uid: 'old' }));
    store.upsert(makePod({ uid: 'new', deletionTimestamp: '2026-01-02T03:04:05Z' }));
    expect(removed).to.deep.equal(['old']);
    expect(store.size).to.equal(0);
  });

  it('leaves Pods of namespaces out of scope, and Pods on their way out, alone', () => {
    const { store, changed } = setUp((namespace) => namespace !== 'kube-system');
    store.upsert(makePod({ namespace: 'kube-system' }));
    store.upsert(makePod({ deletionTimestamp: '2026-01-02T03:04:05Z' }));
    expect(changed).to.deep.equal([]);
    expect(store.size).to.equal(0);
  });
});
