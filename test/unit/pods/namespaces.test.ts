import { expect } from 'chai';
import { NamespaceStore } from '../../../operator/pods/store/namespaces.ts';

function namespace(name: string, uid: string, labels?: Record<string, string>) {
  return { metadata: { name, uid, ...(labels === undefined ? {} : { labels }) } };
}

describe('the store of Namespaces', () => {
  it('tells of a Namespace whose labels changed, and of no other change', () => {
    const changed: string[] = [];
    const store = new NamespaceStore();
    store.onChange((name) => changed.push(name));
    store.upsert(namespace('shop', 'a', { team: 'one' }));
    store.upsert(namespace('shop', 'a', { team: 'one' }));
    store.upsert(namespace('shop', 'a', { team: 'two' }));
    expect(changed).to.deep.equal(['shop', 'shop']);
    expect(store.labels('shop')).to.deep.equal({ team: 'two' });
  });

  it('knows a Namespace without labels from one that is not there', () => {
    const store = new NamespaceStore();
    store.upsert(namespace('shop', 'a'));
    expect(store.labels('shop')).to.deep.equal({});
    store.remove('a');
    expect(store.labels('shop')).to.equal(undefined);
  });

  it('keeps the labels of a Namespace made anew when the end of the old one is seen late', () => {
    const removed: string[] = [];
    const store = new NamespaceStore();
    store.onRemoval((name) => removed.push(name));
    store.upsert(namespace('shop', 'old', { team: 'one' }));
    store.upsert(namespace('shop', 'new', { team: 'two' }));
    store.remove('old');
    expect(store.labels('shop')).to.deep.equal({ team: 'two' });
    expect(removed).to.deep.equal([]);
    store.remove('new');
    expect(removed, 'tells of one that is gone').to.deep.equal(['shop']);
  });
});
