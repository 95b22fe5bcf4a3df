import { expect } from 'chai';
import type { KubeClient, KubeRequest } from '../../../operator/kube/client/client.ts';
import { ApiError } from '../../../operator/kube/client/errors.ts';
import type { ObjectMeta } from '../../../operator/kube/client/types.ts';
import { silentLogger } from '../../../operator/observability/logging.ts';
import { FollowedOwners } from '../../../operator/workloads/followed-owners.ts';
import { resourceName } from '../../../operator/workloads/forbidden-places.ts';
import { OwnerReader } from '../../../operator/workloads/owner-reader.ts';
import { makeOwner } from '../support/builders.ts';
import { ManualClock } from '../support/clock.ts';

const replicaSet = makeOwner('apps/v1', 'ReplicaSet', 'web-1');
const deployment = makeOwner('apps/v1', 'Deployment', 'web');

function setUp(options: { capacity?: number } = {}) {
  const clock = new ManualClock();
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
  const reads: string[] = [];
  const forbidden: string[] = [];
  const allowed: string[] = [];
  const missing = new Map<string, () => Promise<boolean>>();
  const reader = new OwnerReader({
    client,
    logger: logger as never,
    clock,
    discovery: {
      resourceFor: (_apiVersion, kind) =>
        Promise.resolve(
          kind === 'Unserved'
            ? undefined
            : {
                path: (namespace, name) => `/${namespace}/${kind}/${name}`,
                collection: `/${kind}`,
                namespaced: true,
                resource: `${kind.toLowerCase()}s`,
                group: 'apps',
              },
        ),
    },
    onRead: (result) => reads.push(result),
    onForbidden: (missing) => forbidden.push(resourceName(missing)),
    onAllowed: (missing) => allowed.push(resourceName(missing)),
    missing: { add: (what, isThere) => void missing.set(what, isThere) },
  });
  return {
    owners: new FollowedOwners({ reader, logger: silentLogger, clock, ...options }),
    reader,
    reads,
    forbidden,
    allowed,
    missing,
    objects,
    paths,
    warnings,
    pass: (ms: number) => clock.skip(ms),
  };
}

const path = '/shop/ReplicaSet/web-1';

describe('the reader of owners', () => {
  const final = (controller: typeof deployment | undefined) => ({ controller, isFinal: true });
  const noneYet = { controller: undefined, isFinal: false };
  const gone = new ApiError(404, { kind: 'Status', reason: 'NotFound' });
  const forbidden = new ApiError(403, { kind: 'Status', reason: 'Forbidden' });

  it("gives an owner's controller", async () => {
    const { owners, objects } = setUp();
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(deployment));
  });

  it('reads each owner once, and once for those who ask at the same time', async () => {
    const { owners, objects, paths } = setUp();
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    await Promise.all([owners.controllerOf(replicaSet, 'shop'), owners.controllerOf(replicaSet, 'shop')]);
    await owners.controllerOf(replicaSet, 'shop');
    expect(paths).to.deep.equal([path]);
  });

  it('ends the chain at an owner that is gone, or whose name another object has taken', async () => {
    const { owners, objects } = setUp();
    objects[path] = gone;
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(undefined));
    objects[path] = { uid: 'another', ownerReferences: [deployment] };
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(undefined));
  });

  it('does not let a false reference in one namespace spoil the answer for another', async () => {
    const { owners, objects } = setUp();
    objects['/evil/ReplicaSet/nope'] = gone;
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    await owners.controllerOf({ ...replicaSet, name: 'nope' }, 'evil');
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(deployment));
  });

  for (const name of ['web-1/scale', '..', '.', 'web%2f1', '']) {
    it(`asks for no owner of the name "${name}", which would lead elsewhere`, async () => {
      const { owners, paths } = setUp();
      expect(await owners.controllerOf({ ...replicaSet, name }, 'shop')).to.deep.equal(final(undefined));
      expect(paths).to.deep.equal([]);
    });
  }

  it('ends the chain at a call that the API server does not take', async () => {
    const { owners, objects } = setUp();
    objects[path] = new ApiError(400, { kind: 'Status', reason: 'BadRequest' });
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(undefined));
  });

  it('ends the chain for now at a kind that is not served', async () => {
    const { owners, paths } = setUp();
    const owner = makeOwner('example.com/v1', 'Unserved', 'x');
    expect(await owners.controllerOf(owner, 'shop')).to.deep.equal(noneYet);
    expect(paths).to.deep.equal([]);
  });

  it('ends the chain for now at an owner it may not read, names the missing right, and asks again later', async () => {
    const { owners, objects, paths, warnings, pass } = setUp();
    objects[path] = forbidden;
    objects['/shop/ReplicaSet/web-2'] = forbidden;
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(noneYet);
    const second = makeOwner('apps/v1', 'ReplicaSet', 'web-2');
    expect(await owners.controllerOf(second, 'shop')).to.deep.equal(noneYet);
    expect(paths, 'one refusal speaks for the resource in that namespace').to.have.length(1);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain('may not get replicasets.apps').and.to.contain('ClusterRole');
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    pass(10 * 60_000);
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(deployment));
  });

  it('does not take a refusal in one namespace for one in another', async () => {
    const { owners, objects } = setUp();
    objects['/evil/ReplicaSet/web-1'] = forbidden;
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    await owners.controllerOf(replicaSet, 'evil');
    expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(deployment));
  });

  for (const [what, fault] of [
    ['a fault', new ApiError(503)],
    ["a proxy's 404", new ApiError(404, { message: '<html>' })],
  ] as const) {
    it(`passes ${what} on and asks again the next time`, async () => {
      const { owners, objects } = setUp();
      objects[path] = fault;
      const outcome = await owners.controllerOf(replicaSet, 'shop').catch((error: Error) => error);
      expect(outcome).to.equal(fault);
      objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
      expect(await owners.controllerOf(replicaSet, 'shop')).to.deep.equal(final(deployment));
    });
  }

  it('counts what each read came to, a remembered owner not again', async () => {
    const { owners, objects, reads } = setUp();
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    objects['/shop/ReplicaSet/gone'] = gone;
    objects['/shop/ReplicaSet/broken'] = new ApiError(503);
    objects['/shop/Job/secret'] = forbidden;
    await owners.controllerOf(replicaSet, 'shop');
    await owners.controllerOf(replicaSet, 'shop');
    for (const [kind, name] of [
      ['ReplicaSet', 'gone'],
      ['ReplicaSet', 'broken'],
      ['Job', 'secret'],
      ['Unserved', 'x'],
    ] as const) {
      await owners.controllerOf(makeOwner('apps/v1', kind, name), 'shop').catch(() => {});
    }
    expect(reads).to.deep.equal(['found', 'gone', 'error', 'forbidden', 'unserved']);
  });

  it('tells of a forbidden resource once, and when it may be read, in whatever namespace that showed', async () => {
    const kit = setUp();
    const inShop = '/shop/ReplicaSet/web-1';
    const inKitchen = '/kitchen/ReplicaSet/web-1';
    kit.objects[inShop] = forbidden;
    kit.objects[inKitchen] = forbidden;
    await kit.owners.controllerOf(replicaSet, 'shop');
    await kit.owners.controllerOf(replicaSet, 'kitchen');
    expect(kit.forbidden).to.deep.equal(['replicasets.apps']);
    const [[, isAllowed] = []] = [...kit.missing];
    expect(await isAllowed?.()).to.equal(false);
    kit.objects[inShop] = gone;
    kit.objects[inKitchen] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    expect(await isAllowed?.()).to.equal(true);
    expect(kit.allowed).to.deep.equal(['replicasets.apps']);
    expect(await kit.owners.controllerOf(replicaSet, 'kitchen')).to.deep.equal(final(deployment));
  });

  it('forgets what is forbidden in a namespace that is gone, and tells when it is forbidden nowhere else', async () => {
    const { owners, reader, objects, paths, allowed, forbidden: told } = setUp();
    for (const namespace of ['shop', 'bank']) {
      objects[`/${namespace}/ReplicaSet/web-1`] = forbidden;
      await owners.controllerOf(replicaSet, namespace);
    }
    reader.forgetNamespace('shop');
    expect(allowed).to.deep.equal([]);
    await owners.controllerOf(replicaSet, 'shop');
    await owners.controllerOf(replicaSet, 'bank');
    expect(paths, 'asked anew where it was forgotten').to.deep.equal([path, '/bank/ReplicaSet/web-1', path]);
    reader.forgetNamespace('shop');
    reader.forgetNamespace('bank');
    expect(allowed).to.deep.equal(['replicasets.apps']);
    await owners.controllerOf(replicaSet, 'shop');
    expect(told).to.deep.equal(['replicasets.apps', 'replicasets.apps']);
  });

  it('waits for a kind that is not served', async () => {
    const { owners, missing } = setUp();
    await owners.controllerOf(makeOwner('example.com/v1', 'Unserved', 'x'), 'shop');
    expect([...missing.keys()]).to.deep.equal(['kind Unserved of example.com/v1']);
    expect(await missing.get('kind Unserved of example.com/v1')?.()).to.equal(false);
  });

  it('forgets the owner it read longest ago when it holds too many', async () => {
    const { owners, objects, paths } = setUp({ capacity: 1 });
    objects[path] = { uid: replicaSet.uid, ownerReferences: [deployment] };
    objects['/shop/ReplicaSet/web-2'] = { uid: 'uid-of-ReplicaSet-web-2', ownerReferences: [deployment] };
    await owners.controllerOf(replicaSet, 'shop');
    await owners.controllerOf(makeOwner('apps/v1', 'ReplicaSet', 'web-2'), 'shop');
    await owners.controllerOf(replicaSet, 'shop');
    expect(paths.filter((one) => one === path)).to.have.length(2);
  });
});
