import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { useControlPlane } from '../support/control-plane.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';
import { until } from './wait.ts';

const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const kills = 20;
const pods = 1_000;
/** Before its first write an operator lives about so long, in milliseconds. */
const startMs = 1_500;

describe(`of 1,000 Pods (FAULTS_SEED=${seed})`, function () {
  this.timeout(400_000);
  const fixture = useControlPlane();
  let arena: Arena;
  let instance: Instance;

  before('start the operator', async () => {
    arena = await Arena.open(fixture.plane, { seed, steadyPods: pods });
    instance = await arena.startInstance();
    await arena.settled();
  });
  after('stop it', () => arena?.close());

  it(`each comes out right when the operator is killed ${kills} times while the plugin changes`, async () => {
    const { random } = arena;
    await arena.churn(20);
    await arena.changePlugin();
    for (let kill = 0; kill < kills; kill += 1) {
      if (arena.upToDate >= pods) await arena.changePlugin();
      if (random() < 0.3) {
        await delay(random() * startMs);
      } else {
        const goal = arena.upToDate + random() * (pods - arena.upToDate);
        await until(`${goal} Pods to be done`, () => arena.upToDate >= goal);
      }
      await instance.end('SIGKILL');
      await instance.start();
    }
    await arena.comesOutRight(instance);
  });

  it('none is written after a restart', async () => {
    await instance.end('SIGTERM');
    await instance.start();
    await instance.ready();
    await until('every Pod to be looked at', () => instance.isIdle(pods));
    expect(await instance.writes(), 'writes after a restart').to.equal(0);
    await arena.comesOutRight(instance);
  });
});
