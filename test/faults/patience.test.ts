import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { type ControlPlaneFixture, useControlPlane } from '../support/control-plane.ts';
import { eventually } from '../support/eventually.ts';
import { isList, isPatch, isWatch, ofPods } from '../support/fault-proxy.ts';
import { Arena } from './arena.ts';
import type { Instance } from './instance.ts';

interface Scenario {
  readonly steadyPods?: number;
  readonly play: (arena: Arena, instance: Instance) => Promise<void>;
}

const seed = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
const kills = 20;

/**
 * Faults that take a while and leave the machine idle meanwhile: they are played at the same time, each on a
 * namespace and an operator of its own.
 */
describe(`the operator is patient (seed ${seed}) with`, function () {
  this.timeout(400_000);
  const fixture = useControlPlane();
  const played = new Map<string, Promise<unknown>>();

  const scenarios: Readonly<Record<string, Scenario>> = {
    'a watch that is half-open: no bytes, no end': { play: halfOpenWatch },
    'connections that are half-open for a PATCH, which may have arrived or not': { play: halfOpenPatch },
    'a server that answers 503 for 30 s': { play: unavailable },
    [`itself being killed ${kills} times while the plugin of 1,000 Pods changes`]: {
      steadyPods: 1_000,
      play: killed,
    },
  };

  before('begin all', () => {
    for (const [what, scenario] of Object.entries(scenarios)) {
      // An error waits for its test.
      played.set(
        what,
        perform(fixture, scenario).then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
    }
  });
  after('wait for all', () => Promise.all(played.values()));

  for (const what of Object.keys(scenarios)) {
    it(what, async () => {
      const failure = await played.get(what);
      if (failure !== undefined) throw failure;
    });
  }
});

async function perform(fixture: ControlPlaneFixture, { play, steadyPods = 40 }: Scenario): Promise<void> {
  const arena = await Arena.open(fixture.plane, { seed, steadyPods });
  try {
    const instance = await arena.startInstance();
    await arena.settled();
    await play(arena, instance);
    await arena.comesOutRight(instance);
  } finally {
    await arena.close();
  }
}

/** Only the silence tells: the API server's bookmarks, one a minute, do not come. */
async function halfOpenWatch(arena: Arena, { proxy, operator }: Instance): Promise<void> {
  proxy.freeze(isWatch);
  await arena.churn(5);
  await arena.changePlugin();
  const silent = () => operator.logs().filter(({ error }) => String(error).includes('no bytes for')).length;
  await eventually('the silence of three watches to be noticed', () => silent() >= 3, { timeoutMs: 150_000 });
}

/** The first writes hang until their deadline, and with them the pool's connections. */
async function halfOpenPatch(arena: Arena, { proxy }: Instance): Promise<void> {
  for (const reaches of [false, true]) {
    await arena.churn(5);
    const rule = proxy.inject({ kind: 'silent', reaches }, (call) => isPatch(call) && ofPods(call));
    await arena.changePlugin();
    await eventually('connections to hang', () => rule.hits >= 8, { timeoutMs: 60_000 });
    rule.lift();
    await arena.settled();
  }
}

async function unavailable(arena: Arena, { proxy }: Instance): Promise<void> {
  await arena.churn(5);
  const rule = proxy.inject({ kind: 'status', status: 503 });
  proxy.reset();
  await arena.changePlugin();
  await delay(30_000);
  rule.lift();
  expect(rule.hits, 'calls that got 503').to.be.at.least(20);
}

async function killed(arena: Arena, instance: Instance): Promise<void> {
  const { random } = arena;
  await arena.churn(5);
  const isDone = () => arena.upToDate >= 1_000;
  await arena.changePlugin();
  for (let kill = 0; kill < kills; kill += 1) {
    if (isDone()) await arena.changePlugin();
    if (random() < 0.3) {
      // Somewhere in the start, before the first write.
      await delay(random() * 1_500);
    } else {
      const goal = arena.upToDate + random() * (1_000 - arena.upToDate);
      await eventually(`${goal} Pods to be done`, () => arena.upToDate >= goal, { timeoutMs: 60_000 });
    }
    await instance.end('SIGKILL');
    await instance.start();
  }
  await arena.settled();
  await writesNothingAfterStart(instance);
  const rule = instance.proxy.inject({ kind: 'status', status: 410, reason: 'Expired' }, (call) => {
    return isList(call) && ofPods(call) && call.query.has('continue');
  });
  await instance.writesNothingOnRelist();
  expect(rule.hits, 'expired continue tokens, after which the pages are bigger').to.be.at.least(1);
  rule.lift();
}

async function writesNothingAfterStart(instance: Instance): Promise<void> {
  await instance.end('SIGTERM');
  await instance.start();
  await instance.ready();
  await eventually('every Pod to be looked at', () => instance.isIdle(1_000), { timeoutMs: 60_000 });
  expect(await instance.writes(), 'writes after a restart').to.equal(0);
}
