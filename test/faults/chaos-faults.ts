import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { type CallFilter, type Fault, isList, isPatch, isWatch } from '../support/fault-proxy.ts';
import { compactHistory } from './compaction.ts';
import type { Instance } from './instance.ts';

/** A fault of the mix: it begins, lasts, and is over when the promise resolves. */
export interface ChaosFault {
  readonly name: string;
  /** Two faults of one victim are never played at the same time. */
  readonly victim: string;
  readonly play: (ms: number) => Promise<void>;
}

const all: CallFilter = () => true;

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
  'each call 2 s slow': [{ kind: 'slow', ms: 2_000 }, all],
};

/** What can happen to the servers. */
export function serverFaults({ servers }: ControlPlane): ChaosFault[] {
  const victim = 'servers';
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
    const { pid } = instance.operator;
    process.kill(pid, 'SIGSTOP');
    await delay(ms);
    process.kill(pid, 'SIGCONT');
  };
  const cutOff = async (ms: number) => {
    await proxy.refuse(true);
    proxy.reset();
    await delay(ms);
    await proxy.refuse(false);
  };
  const halfOpen = async (ms: number) => {
    proxy.freeze();
    await delay(ms);
  };
  return [
    ...ofProxy,
    { victim, name: `${victim}: killed`, play: killed },
    { victim, name: `${victim}: paused`, play: paused },
    { victim, name: `${victim}: refused`, play: cutOff },
    { victim, name: `${victim}: all connections half-open`, play: halfOpen },
  ];
}
