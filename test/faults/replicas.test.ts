import { expect } from 'chai';
import { useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { Arena, withElection } from './arena.ts';
import type { Instance } from './instance.ts';

const seed = 11;

/** The leader fails while 100 Pods a second and the plugin change; the Pods come out right, whoever writes. */
describe('of two replicas the other takes over from a leader', function () {
  this.timeout(240_000);
  const fixture = useControlPlane();
  let arena: Arena;

  before('start two', async () => {
    arena = await Arena.open(fixture.plane, { seed, config: withElection });
    await arena.startInstance();
    await arena.startInstance();
    await arena.settled();
  });
  after('stop them', () => arena?.close());

  const roles = async () => {
    const { leader, others } = await arena.leader();
    const [other] = others;
    if (other === undefined) throw new Error('there are two');
    return { leader, other };
  };
  const takesOver = (other: Instance) =>
    eventually('the other to lead', () => other.leads(), { timeoutMs: 30_000 });
  const comesOutRight = async () => arena.comesOutRight((await arena.leader()).leader);

  it('that is killed', async () => {
    const { leader, other } = await roles();
    await arena.churn(100);
    await arena.changePlugin();
    await leader.end('SIGKILL');
    await arena.changePlugin();
    await takesOver(other);
    await leader.start();
    await leader.ready();
    await comesOutRight();
  });

  it('that is paused, and wakes up late', async () => {
    const { leader, other } = await roles();
    await arena.churn(100);
    await arena.changePlugin();
    process.kill(leader.operator.pid, 'SIGSTOP');
    await arena.changePlugin();
    await takesOver(other);
    await eventually('the other to have written', async () => (await other.writes()) > 0);
    process.kill(leader.operator.pid, 'SIGCONT');
    await eventually('the first to notice', async () => !(await leader.leads()));
    const writes = await leader.writes();
    await comesOutRight();
    expect(await leader.writes(), 'writes of the one that slept').to.equal(writes);
  });

  it('that is cut off from the API server, which answers it no more', async () => {
    const { leader, other } = await roles();
    await arena.churn(100);
    await leader.proxy.refuse(true);
    leader.proxy.freeze();
    await arena.changePlugin();
    await takesOver(other);
    expect(await leader.leads(), 'the first leads too').to.equal(false);
    await leader.proxy.refuse(false);
    leader.proxy.reset();
    await leader.ready();
    await comesOutRight();
  });
});
