import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client.ts';
import { ApiError } from '../../../operator/kube/errors.ts';
import type { ObjectMeta } from '../../../operator/kube/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { makeOwner } from '../support/builders.ts';

const replicaSet = makeOwner('apps/v1', 'ReplicaSet', 'web-1');
const deployment = makeOwner('apps/v1', 'Deployment', 'web');

function setUp(options: { capacity?: number } = {}) {
  let time = 0;
  const paths: string[] = [];
  const objects: Record<string, Partial<ObjectMeta> | Error> = {};
  const client: KubeClient = {
    request<T>({ path }: KubeRequest): Promise<T> {
      paths.push(path);
      const found = objects[path] ?? new ApiError(404);
      return found instanceof Error ? Promise.reject(found) : Promise.resolve({ metadata: found } as T);
    },
    stream: () => Promise.reject(new Error('not in this test')),
    close: () => Promise.resolve(),
  };
  const warnings: string[] = [];
  const logger = {
    ...silentLogger,
    child: silentLogger.child,
    warn: (_: unknown, text: string) => warnings.push(text),
  };
  const reader = new OwnerReader({
    client,
    logger: logger as never,
    clock: { now: () => time, sleep: () => Promise.resolve() },
    discovery: {
      resourceFor: (_apiVersion, kind) =>
        Promise.resolve(
          kind === 'Unserved'
            ? undefined
            : {
                path: (namespace, name) => `/${namespace}/${kind}/${name}`,
                namespaced: true,
                resource: `${kind.toLowerCase()}s`,
                group: 'apps',
              },
        ),
    },
    ...options,
  });
  return {
    reader,
    objects,
    paths,
    warnings,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

const path = '/shop/ReplicaSet/web-1';

describe('the reader of owners', () => {
  it("gives an owner's controller", async () => {
    const { reader, objects } = setUp();
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    expect(await reader.controllerOf(replicaSet, 'shop')).to.deep.equal(deployment);
  });

  it('reads each owner once, and once for those who ask at the same time', async () => {
    const { reader, objects, paths } = setUp();
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    await Promise.all([reader.controllerOf(replicaSet, 'shop'), reader.controllerOf(replicaSet, 'shop')]);
    await reader.controllerOf(replicaSet, 'shop');
    expect(paths).to.deep.equal([path]);
  });

  it('ends the chain at an owner that is gone, or whose name another object has taken', async () => {
    const { reader, objects } = setUp();
    expect(await reader.controllerOf(replicaSet, 'shop')).to.equal(undefined);
    const other = { ...replicaSet, uid: 'other' };
    objects[path] = { uid: 'a third one', ownerReferences: [deployment] };
    expect(await reader.controllerOf(other, 'shop')).to.equal(undefined);
  });

  it('ends the chain at a kind that is not served, and looks again when it may be', async () => {
    const { reader, paths } = setUp();
    const owner = makeOwner('example.com/v1', 'Unserved', 'x');
    expect(await reader.controllerOf(owner, 'shop')).to.equal(undefined);
    expect(paths).to.deep.equal([]);
  });

  it('ends the chain at an owner it may not read, names the missing right once, and asks again after a while', async () => {
    const { reader, objects, paths, warnings, pass } = setUp();
    objects[path] = new ApiError(403);
    objects['/shop/ReplicaSet/web-2'] = new ApiError(403);
    expect(await reader.controllerOf(replicaSet, 'shop')).to.equal(undefined);
    expect(await reader.controllerOf(makeOwner('apps/v1', 'ReplicaSet', 'web-2'), 'shop')).to.equal(
      undefined,
    );
    expect(paths, 'one refusal speaks for the resource').to.have.length(1);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('may not read replicasets.apps').and.to.contain('ClusterRole');
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    pass(10 * 60_000);
    expect(await reader.controllerOf(replicaSet, 'shop')).to.deep.equal(deployment);
  });

  it('passes a fault on and asks again the next time', async () => {
    const { reader, objects } = setUp();
    objects[path] = new ApiError(503);
    expect(await reader.controllerOf(replicaSet, 'shop').catch((error: Error) => error)).to.be.instanceOf(
      ApiError,
    );
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    expect(await reader.controllerOf(replicaSet, 'shop')).to.deep.equal(deployment);
  });

  it('forgets the owner it read longest ago when it holds too many', async () => {
    const { reader, objects, paths } = setUp({ capacity: 1 });
    objects[path] = { uid: replicaSet.uid };
    await reader.controllerOf(replicaSet, 'shop');
    await reader.controllerOf(makeOwner('apps/v1', 'ReplicaSet', 'web-2'), 'shop');
    await reader.controllerOf(replicaSet, 'shop');
    expect(paths.filter((one) => one === path)).to.have.length(2);
  });
});
