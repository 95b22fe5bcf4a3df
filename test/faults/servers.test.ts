import { expect } from 'chai';
import { type ControlPlane, crdsDirectory, startControlPlane } from '../cluster/control-plane.ts';
import { isList, isWatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import { compactHistory } from './compaction.ts';
import type { Instance } from './instance.ts';
import { until } from './wait.ts';

const seed = 7;
/** More than the operator lists in one page. */
const steadyPods = 600;

/** The servers themselves are the fault, so they are this test's own. 100 Pods a second change meanwhile. */
describe('every Pod comes out right, and none is written twice,', function () {
  this.timeout(300_000);
  let plane: ControlPlane;
  let arena: Arena;
  let instance: Instance;

  before('start servers and operator', async function () {
    this.timeout(30 * 60_000);
    plane = await startControlPlane({ crds: [crdsDirectory] });
    arena = await Arena.open(plane, { seed, steadyPods });
    instance = await arena.startInstance();
    await arena.settled();
  });
  after('stop them', async () => {
    await arena?.close();
    await plane?.stop();
  });
  beforeEach('change Pods', () => arena.churn());

  const isReady = async () => (await fetch(`${instance.operator.url}/readyz`)).ok;
  const goneLogged = () =>
    instance.operator.logs().filter(({ error }) => String(error).includes('410')).length;

  it('when the API server is killed and started again', async () => {
    await arena.podsChange();
    await arena.changePlugin();
    await plane.servers.apiServer.kill();
    await until('the operator to notice', async () => !(await isReady()));
    await plane.servers.apiServer.start();
    await arena.changePlugin();
    await arena.createDeployment('after-api-server');
    await arena.podsChange();
    await arena.comesOutRight(instance);
  });

  it('when etcd is killed and started again', async () => {
    await arena.podsChange();
    await arena.changePlugin();
    await plane.servers.etcd.kill();
    // The API server is still there, and keeps every write waiting.
    let seen = -1;
    await until('writes to hang', async () => {
      const before = seen;
      seen = await instance.writes();
      return seen === before && !(await instance.isIdle());
    });
    await plane.servers.etcd.start();
    await until('the API server to work again', () => arena.changePlugin().then(() => true));
    await arena.createDeployment('after-etcd');
    await arena.podsChange();
    await arena.comesOutRight(instance);
  });

  /** etcd forgets, and so does the API server, which remembers some history for itself until it starts anew. */
  const forgetHistory = async () => {
    await compactHistory(plane.servers.etcdUrl);
    await plane.servers.apiServer.kill();
    await plane.servers.apiServer.start();
  };

  it('when history is compacted while the operator could not look (410)', async () => {
    await instance.proxy.refuse(true);
    instance.proxy.reset();
    await arena.podsChange();
    await arena.changePlugin();
    await forgetHistory();
    const before = { gone: goneLogged(), lists: instance.logged('Pods: listed again').length };
    await instance.proxy.refuse(false);
    await until('Pods to be listed again', () => instance.logged('Pods: listed again').length > before.lists);
    expect(goneLogged(), `lines about a 410 in:\n${instance.lastLines()}\n`).to.be.greaterThan(before.gone);
    await arena.podsChange();
    await arena.comesOutRight(instance);
  });

  it('when history is compacted between two pages of a list (an expired continue token)', async () => {
    const { proxy } = instance;
    const before = goneLogged();
    const nextPage = proxy.inject(
      { kind: 'held', reaches: false },
      (call) => isList(call) && ofPods(call) && call.query.has('continue'),
    );
    const watch = proxy.inject(
      { kind: 'status', status: 410, reason: 'Expired' },
      (call) => isWatch(call) && ofPods(call),
    );
    proxy.reset(isWatch);
    await until('the second page to be asked for', () => nextPage.hits > 0);
    watch.lift();
    await arena.podsChange();
    await arena.changePlugin();
    await forgetHistory();
    nextPage.lift();
    // One 410 is the proxy's, for the watch; the other is for the page.
    await until('the token to be refused', () => goneLogged() >= before + 2);
    await arena.comesOutRight(instance);
  });
});
