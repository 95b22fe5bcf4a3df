import { expect } from 'chai';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { isWatch } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import { compactHistory } from './compaction.ts';
import type { Instance } from './instance.ts';

const seed = 7;

/** The servers themselves are the fault, so they are this test's own. */
describe('the operator outlives', function () {
  this.timeout(240_000);
  let plane: ControlPlane;
  let arena: Arena;
  let instance: Instance;

  before('start servers and operator', async function () {
    this.timeout(30 * 60_000);
    const { crdsDirectory, startControlPlane } = await import('../cluster/control-plane.ts');
    plane = await startControlPlane({ crds: [crdsDirectory] });
    arena = await Arena.open(plane, { seed });
    instance = await arena.startInstance();
    await arena.settled();
  });
  after('stop them', async () => {
    await arena?.close();
    await plane?.stop();
  });
  beforeEach(() => arena.churn(100));

  const isReady = async () => (await fetch(`${instance.operator.url}/readyz`)).ok;

  it('an API server that is killed and started again, while 100 Pods a second change', async () => {
    await arena.changePlugin();
    await plane.servers.apiServer.kill();
    await eventually('the operator to notice', async () => !(await isReady()), { timeoutMs: 30_000 });
    await plane.servers.apiServer.start();
    await arena.changePlugin();
    await arena.createDeployment('after-api-server');
    await arena.comesOutRight(instance);
  });

  it('an etcd that is killed and started again, while 100 Pods a second change', async () => {
    await arena.changePlugin();
    await plane.servers.etcd.kill();
    // The API server is still there, and keeps every write waiting.
    let seen = -1;
    await eventually('writes to hang', async () => {
      const before = seen;
      seen = await instance.writes();
      return seen === before && !(await instance.isIdle());
    });
    await plane.servers.etcd.start();
    await eventually('the API server to work again', () => arena.changePlugin().then(() => true), {
      timeoutMs: 60_000,
    });
    await arena.createDeployment('after-etcd');
    await arena.comesOutRight(instance);
  });

  it('a history that was compacted while it could not look (410)', async () => {
    await instance.proxy.refuse(true);
    instance.proxy.reset();
    const changes = arena.changes;
    await eventually('Pods to change unseen', () => arena.changes >= changes + 100, { timeoutMs: 60_000 });
    await arena.changePlugin();
    await compactHistory(plane.servers.etcdUrl);
    // The API server remembers the history for itself; one that has just started knows only etcd's.
    await plane.servers.apiServer.kill();
    await plane.servers.apiServer.start();
    const lists = instance.logged('Pods: listed again').length;
    await instance.proxy.refuse(false);
    await eventually('Pods to be listed again', () => instance.logged('Pods: listed again').length > lists, {
      timeoutMs: 60_000,
    });
    const gone = instance.operator.logs().filter(({ error }) => String(error).includes('410'));
    expect(gone, 'lines about a 410').not.to.have.length(0);
    instance.proxy.reset(isWatch);
    await arena.comesOutRight(instance);
  });
});
