import type { Random } from '../../operator/time/clock.ts';
import { figure, table } from '../bench/operator/table.ts';
import { type ControlPlane, crdsDirectory, startControlPlane } from '../cluster/control-plane.ts';
import { seededRandom } from '../unit/support/random.ts';
import { Arena } from './arena.ts';
import {
  type ChaosFault,
  instanceFaults,
  namespaceFaults,
  openPlaces,
  serverFaults,
  serversAreVictim,
} from './chaos-faults.ts';
import { longestWait } from './newcomers.ts';
import { runProgram, say } from './program.ts';
import { until } from './wait.ts';

/** So many faults at a time, and so long, in milliseconds. */
const maxFaults = 3;
const maxLastingMs = 12_000;
/** In every third round at the least namespaces alone are faulty. */
const roundsBetweenGentle = 3;
/** In each such round new Pods elsewhere may wait so long, in milliseconds. */
const maxWaitMs = 15_000;
const maxRecoveryMs = 120_000;
/** After so many rounds all is compared, and the mix goes on. */
const roundsBetweenChecks = 8;

/**
 * Two replicas, 100 changes of Pods a second, and a random mix of every fault. Pods are compared with what they must
 * carry every few rounds and at the end; the invariants are checked all the time.
 */
async function chaos(minutes: number, seed: number): Promise<undefined> {
  const begin = Date.now();
  say(`seed ${seed}, ${minutes} minutes`);
  const plane = await startControlPlane({ crds: [crdsDirectory] });
  const arena = await Arena.open(plane, { seed, steadyPods: 200, election: true, mayGoBack: true });
  const stop = async () => {
    await arena.close();
    await plane.stop();
  };
  try {
    // Of its own: what the arena does with its randomness depends on time, and the faults' order must not.
    const random = seededRandom(seed);
    await mix({ plane, arena, random, endAt: begin + minutes * 60_000 });
  } catch (error) {
    // The servers may be down: what goes wrong now must not hide why.
    await stop().catch(() => {});
    throw error;
  }
  await stop();
}

interface Mix {
  readonly plane: ControlPlane;
  readonly arena: Arena;
  readonly random: Random;
  /** In milliseconds since the epoch. */
  readonly endAt: number;
}

async function mix({ plane, arena, random, endAt }: Mix): Promise<void> {
  const first = await arena.startInstance();
  const second = await arena.startInstance();
  const places = await openPlaces(arena);
  const ofNamespaces = namespaceFaults(arena, places, [first, second]);
  const faults = [
    ...serverFaults(plane),
    ...instanceFaults(first, 'replica 1'),
    ...instanceFaults(second, 'replica 2'),
    ...ofNamespaces,
  ];
  const newcomers = { api: plane.api, namespace: places.quiet, boundMs: maxWaitMs };
  const compare = async () => {
    const changes = arena.changes;
    await arena.settled();
    const { leader } = await arena.leader();
    await arena.comesOutRight(leader);
    say(`all Pods are right, after ${changes} changes and ${arena.revision} revisions of the plugin`);
  };
  await compare();
  for (let round = 1; Date.now() < endAt; round += 1) {
    if (round % roundsBetweenChecks === 1) await arena.churn();
    const chosen = choose(round % roundsBetweenGentle === 0 ? ofNamespaces : faults, random);
    const isGentle = chosen.every(({ isOfNamespace }) => isOfNamespace === true);
    const lastingMs = () => 1_000 + random() * (maxLastingMs - 1_000);
    const plays = chosen.map(({ play }) => [play, lastingMs()] as const);
    // Back-off after what was broken before may be at its longest.
    if (isGentle) await longestWait({ ...newcomers, boundMs: maxRecoveryMs }, Promise.resolve());
    say(`round ${round}: ${chosen.map(({ name }) => name).join('; ')}`);
    // Awaited below, whatever comes before.
    const over = Promise.all(plays.map(([play, ms]) => play(ms)));
    over.catch(() => {});
    await until('the plugin to be changed', () => arena.changePlugin().then(() => true));
    if (isGentle) say(`  a new Pod elsewhere waited ${await longestWait(newcomers, over)} ms at the most`);
    await over;
    arena.assertNothingForbidden();
    if (round % roundsBetweenChecks === 0) await compare();
  }
  if (arena.changes > 0) await compare();
  say(`requests, busiest minute of an operator:\n${busiest(arena)}`);
}

function busiest({ peaks }: Arena): string {
  const rows = peaks.slice(0, 12).map(([kind, { calls, allowed }]) => [kind, figure(calls), figure(allowed)]);
  return table('', ['', 'calls', 'allowed'], rows);
}

/** One to three faults, no two of one victim. Those of namespaces need servers that work. */
function choose(faults: readonly ChaosFault[], random: Random): ChaosFault[] {
  const chosen = new Map<string, ChaosFault>();
  for (let count = 1 + Math.floor(random() * maxFaults); count > 0; count -= 1) {
    const fault = faults[Math.floor(random() * faults.length)];
    if (fault !== undefined) chosen.set(fault.victim, fault);
  }
  const all = [...chosen.values()];
  return chosen.has(serversAreVictim) ? all.filter(({ isOfNamespace }) => isOfNamespace !== true) : all;
}

await runProgram('chaos', 10, chaos);
