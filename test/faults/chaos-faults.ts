import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { type CallFilter, type Fault, isList, isPatch, isWatch, ofPods } from '../support/fault-proxy.ts';
import type { Arena } from './arena.ts';
import { compactHistory } from './compaction.ts';
import type { Instance } from './instance.ts';
import { isLeaseCall } from './invariants/leadership.ts';
import { refuseWrites } from './refusing-policy.ts';
import { floodWithShortPods } from './short-pods.ts';

/** A fault of the mix: it begins, lasts, and is over when the promise resolves. */
export interface ChaosFault {
  readonly name: string;
  /** Two faults of one victim are never played at the same time. */
  readonly victim: string;
  /** It happens in a namespace, by calls that must succeed. False by default. */
  readonly isOfNamespace?: boolean;
  readonly play: (ms: number) => Promise<void>;
}

/** In so many milliseconds a leader has noticed that its calls for the Lease are not answered. */
const halfOpenMs = 8_000;

const all: CallFilter = () => true;
const isPodPatch: CallFilter = (call) => isPatch(call) && ofPods(call);
const storm: Fault = { kind: 'status', status: 429, retryAfterSeconds: 1 };

const onCalls: Readonly<Record<string, readonly [Fault, CallFilter]>> = {
  'lists reset': [{ kind: 'reset', afterBytes: 5_000 }, isList],
  'watches reset': [{ kind: 'reset', afterBytes: 3_000 }, isWatch],
  'PATCHes reset': [{ kind: 'reset' }, isPatch],
  'answers to PATCHes reset': [{ kind: 'reset', afterBytes: 10 }, isPatch],
  'PATCHes half-open': [{ kind: 'silent', reaches: false }, isPatch],
  'answers to PATCHes half-open': [{ kind: 'silent', reaches: true }, isPatch],
  'lines cut': [{ kind: 'cut', within: 'line' }, all],
  'characters cut': [{ kind: 'cut', within: 'character' }, isWatch],
  'history expired': [{ kind: 'status', status: 410, reason: 'Expired' }, isWatch],
  '429 with Retry-After': [{ kind: 'status', status: 429, retryAfterSeconds: 1 }, all],
  '500': [{ kind: 'status', status: 500 }, all],
  '503': [{ kind: 'status', status: 503 }, all],
  'a storm of 429 for all but the Lease': [storm, (call) => !isLeaseCall(call)],
  'a storm of 429 for PATCHes': [storm, isPodPatch],
  'PATCHes 5 s slow': [{ kind: 'slow', ms: 5_000 }, isPodPatch],
  'each call 2 s slow': [{ kind: 'slow', ms: 2_000 }, all],
};

/** The victim of serverFaults. */
export const serversAreVictim = 'servers';

/** What can happen to the servers. */
export function serverFaults({ servers }: ControlPlane): ChaosFault[] {
  const victim = serversAreVictim;
  const { apiServer, etcd, etcdUrl } = servers;
  const down = (server: typeof etcd) => async (ms: number) => {
    await server.kill();
    await delay(ms / 3);
    await server.start();
  };
  const compacted = async () => {
    await compactHistory(etcdUrl);
    await down(apiServer)(0);
  };
  return [
    { victim, name: 'API server killed', play: down(apiServer) },
    { victim, name: 'etcd killed', play: down(etcd) },
    { victim, name: 'etcd compacted, API server killed', play: compacted },
  ];
}

/** What can happen to one of the operators. */
export function instanceFaults(instance: Instance, victim: string): ChaosFault[] {
  const { proxy } = instance;
  const ofProxy = Object.entries(onCalls).map(([name, [fault, filter]]) => ({
    name: `${victim}: ${name}`,
    victim,
    play: async (ms: number) => {
      const rule = proxy.inject(fault, filter);
      proxy.reset((call) => isWatch(call) && filter(call));
      await delay(ms);
      rule.lift();
    },
  }));
  const killed = async () => {
    await instance.end('SIGKILL');
    await instance.start();
  };
  const paused = async (ms: number) => {
    const resume = instance.pause();
    await delay(ms);
    resume();
  };
  const cutOff = async (ms: number) => {
    const connect = await instance.cutOff();
    await delay(ms);
    await connect();
  };
  const halfOpen = async (ms: number) => {
    const noticed = instance.freeze();
    await delay(Math.max(ms, halfOpenMs));
    noticed();
  };
  return [
    ...ofProxy,
    { victim, name: `${victim}: killed`, play: killed },
    { victim, name: `${victim}: paused`, play: paused },
    { victim, name: `${victim}: refused`, play: cutOff },
    { victim, name: `${victim}: all connections half-open`, play: halfOpen },
  ];
}

/** Where the faults of one namespace happen, and where none does. */
export interface Places {
  readonly flooded: string;
  readonly refused: string;
  readonly slow: string;
  readonly quiet: string;
}

/** Makes the namespaces, with some Pods where they are needed. */
export async function openPlaces(arena: Arena): Promise<Places> {
  const [flooded, refused, slow, quiet] = await Promise.all([
    arena.openNamespace('flooded'),
    arena.openNamespace('refused'),
    arena.openNamespace('slow'),
    arena.openNamespace('quiet'),
  ]);
  await arena.createPods(40, refused);
  await arena.createPods(40, slow);
  return { flooded, refused, slow, quiet };
}

/** What can happen in some namespaces, and must not be felt in others. */
export function namespaceFaults(
  arena: Arena,
  places: Places,
  instances: readonly Instance[],
): readonly ChaosFault[] {
  const { plane } = arena;
  const { api } = plane;
  const flood = async (ms: number) => {
    await floodWithShortPods({ api, namespace: places.flooded, perSecond: 60, livesMs: 2_000, ms });
  };
  const refused = async (ms: number) => {
    const take = await refuseWrites(plane, places.refused);
    await arena.changePlugin();
    await delay(ms);
    await take();
  };
  const slow = async (ms: number) => {
    const filter: CallFilter = (call) =>
      isPodPatch(call) && call.path.includes(`/namespaces/${places.slow}/`);
    const rules = instances.map(({ proxy }) => proxy.inject({ kind: 'slow', ms: 5_000 }, filter));
    await arena.changePlugin();
    await delay(ms);
    for (const rule of rules) rule.lift();
  };
  let doomed = 0;
  const deleted = async (ms: number) => {
    doomed += 1;
    const namespace = await arena.openNamespace(`doomed-${doomed}`);
    await arena.createPods(40, namespace);
    await delay(ms / 2);
    await arena.changePlugin();
    await arena.deleteNamespace(namespace);
  };
  const faults = [
    { victim: 'flooded', name: 'a flood of short Pods', play: flood },
    { victim: 'refused', name: 'a policy that refuses writes', play: refused },
    { victim: 'slow', name: 'PATCHes of a namespace 5 s slow', play: slow },
    { victim: 'doomed', name: 'a namespace deleted', play: deleted },
  ];
  return faults.map((fault) => ({ ...fault, isOfNamespace: true }));
}
