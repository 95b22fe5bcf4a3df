import { expect } from 'chai';
import { useControlPlane } from '../support/control-plane.ts';
import { type CallFilter, isPatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';
import { isLeaseCall } from './invariants/leadership.ts';
import { until } from './wait.ts';

const seed = 11;
/** More than the operator has connections, so that some writes wait in it while others are on their way. */
const writesUnderWay = 16;

const isPodPatch: CallFilter = (call) => isPatch(call) && ofPods(call);

/** The leader fails while 100 Pods a second and the plugin change; the Pods come out right, whoever writes. */
describe('the other of two replicas takes over, and every Pod comes out right,', function () {
  this.timeout(300_000);
  const fixture = useControlPlane();
  let arena: Arena;

  before('start two', async () => {
    arena = await Arena.open(fixture.plane, { seed, election: true });
    await arena.startInstance();
    await arena.startInstance();
    await arena.settled();
  });
  after('stop them', () => arena?.close());
  beforeEach('change Pods', () => arena.churn());

  const roles = async () => {
    const { leader, others } = await arena.leader();
    const [other] = others;
    if (other === undefined) throw new Error('there are two');
    return { leader, other };
  };
  const takesOver = (other: Instance) => until('the other to lead', () => other.leads());
  const comesOutRight = async () => arena.comesOutRight((await arena.leader()).leader);

  it('when the leader is killed', async () => {
    const { leader, other } = await roles();
    await arena.changePlugin();
    await arena.podsChange();
    await leader.end('SIGKILL');
    await arena.changePlugin();
    await takesOver(other);
    await arena.podsChange();
    await leader.start();
    await leader.ready();
    await comesOutRight();
  });

  it('when the leader is paused; waking up late, it writes nothing', async () => {
    const { leader, other } = await roles();
    const held = leader.proxy.inject({ kind: 'held', reaches: true }, isPodPatch);
    await arena.changePlugin();
    await until('writes to be under way', () => held.hits >= writesUnderWay);
    const resume = leader.pause();
    await arena.changePlugin();
    await takesOver(other);
    await arena.podsChange();
    await until('the other to have written', async () => (await other.writes()) > 0);
    held.lift();
    const late: string[] = [];
    let hasAsked = false;
    const end = leader.proxy.listen(({ kind, call }) => {
      if (kind === 'arrived' && isPodPatch(call)) late.push(call.path);
      if (kind === 'answered' && isLeaseCall(call)) hasAsked = true;
    });
    resume();
    await until('the first to ask who leads', () => hasAsked);
    expect(await leader.leads(), 'the one that slept leads').to.equal(false);
    end();
    expect(late, 'writes of the one that slept').to.have.length(0);
    await comesOutRight();
  });

  it('when the leader is cut off from the API server', async () => {
    const { leader, other } = await roles();
    const connect = await leader.cutOff({ halfOpen: true });
    await arena.changePlugin();
    await takesOver(other);
    expect(await leader.leads(), 'the first leads too').to.equal(false);
    await arena.podsChange();
    await connect();
    await leader.ready();
    await comesOutRight();
  });
});
