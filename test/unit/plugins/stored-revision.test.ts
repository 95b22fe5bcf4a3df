import { expect } from 'chai';
import type { LuaPlugin, LuaPluginSpec } from '../../../operator/api/generated.ts';
import { makeRevision } from '../../../operator/api/revisions.ts';
import { ApiError, ConnectionError } from '../../../operator/kube/client/errors.ts';
import { findStored } from '../../../operator/plugins/revisions/stored-revision.ts';
import { revisionHash } from '../../../operator/plugins/state/revision.ts';
import { FakeClient } from '../kube/fake-client.ts';
import { makePlugin } from '../support/builders.ts';

const namespace = 'luaplugin-system';
const uid = '1a2b3c4d-0000-4000-8000-000000000000';
const served = makePlugin('p', { script: 'return 1', match: { namespaces: { include: ['shop'] } } }, { uid });
const recorded = { number: 3, hash: revisionHash(served.spec), generation: 5 };
/** Its latest generation. */
const broken = (spec: Partial<LuaPluginSpec> = {}): LuaPlugin =>
  makePlugin('p', { script: 'broken', priority: 7, mode: 'DryRun', ...spec }, { uid });

function setUp(object: object | null = makeRevision(served, recorded, namespace)) {
  const client = new FakeClient();
  client.answer({ items: object === null ? [] : [object] });
  return { client, find: (plugin = broken()) => findStored(plugin, recorded, { client, namespace }) };
}

describe('a revision of an earlier run', () => {
  it('is found by its name, with the right to list', async () => {
    const { client, find } = setUp();
    const found = await find();
    expect(found?.spec).to.deep.include({ script: 'return 1', match: { namespaces: { include: ['shop'] } } });
    expect(client.calls.map(({ method, path, query }) => ({ method, path, query }))).to.deep.equal([
      {
        method: 'GET',
        path: `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`,
        query: {
          labelSelector: `app.kubernetes.io/managed-by=lua-plugin-operator,app.kubernetes.io/component=revision,luaplugin.dev/plugin-uid=${uid}`,
          fieldSelector: 'metadata.name=p-1a2b3c4d-3',
        },
      },
    ]);
  });

  it('has the priority and mode that the plugin has now, unless they make no sense', async () => {
    expect((await setUp().find())?.spec).to.include({ priority: 7, mode: 'DryRun' });
    const senseless = broken({ priority: 'high' as never, mode: 'Sometimes' as never });
    expect((await setUp().find(senseless))?.spec).to.include({ priority: 0, mode: 'Enforce' });
  });

  it('is not believed when it is not what the status says', async () => {
    const other = makePlugin('p', { script: 'return 2' }, { uid });
    expect(await setUp(makeRevision(other, recorded, namespace)).find()).to.equal(undefined);
  });

  it('is not that of a plugin that had the name before', async () => {
    const another = {
      ...served,
      metadata: { ...served.metadata, uid: 'ffffffff-0000-4000-8000-000000000000' },
    };
    expect(await setUp(makeRevision(another, recorded, namespace)).find()).to.equal(undefined);
  });

  it('is none where there is none, or it must not be read', async () => {
    expect(await setUp(null).find()).to.equal(undefined);
    for (const status of [403, 404]) {
      const client = new FakeClient();
      client.refuse(new ApiError(status, { message: 'no' }));
      expect(await findStored(broken(), recorded, { client, namespace })).to.equal(undefined);
    }
  });

  it('is asked for again when the API server can not be asked now', async () => {
    const client = new FakeClient();
    client.refuse(new ConnectionError('reset'));
    const error = await findStored(broken(), recorded, { client, namespace }).catch(
      (reason: Error) => reason,
    );
    expect(error).to.be.instanceOf(ConnectionError);
  });
});
