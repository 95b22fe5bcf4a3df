import type { Condition, LuaPlugin } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { findPlugin, noSuchPlugin } from './plugins.ts';
import { Waiting, type WaitingOptions } from './waiting.ts';

/** Where a plugin's latest generation is on its way. */
export type Readiness =
  | { readonly state: 'ready'; readonly message: string }
  /** Waiting does not help: the spec has to change. */
  | { readonly state: 'failed'; readonly reason: string; readonly message: string }
  /** Nobody has looked at it yet, or what it waits for may come. */
  | { readonly state: 'waiting'; readonly reason: string | undefined; readonly message: string };

/**
 * Reads a plugin's conditions, as far as they speak of a generation.
 * @param generation the one that is waited for, or a later one
 */
export function readinessOf({ metadata, status }: LuaPlugin, generation: number): Readiness {
  if ((status?.observedGeneration ?? 0) < generation) {
    const message = `the operator has not looked at generation ${metadata.generation} yet`;
    return { state: 'waiting', reason: undefined, message };
  }
  const find = (wanted: string): Condition | undefined =>
    status?.conditions?.find(
      ({ type, observedGeneration = 0 }) => type === wanted && observedGeneration >= generation,
    );
  const ready = find('Ready');
  if (ready?.status === 'True') return { state: 'ready', message: ready.message };
  const { reason = 'Unknown', message = '' } = ready ?? {};
  const isFinal = find('Stalled')?.status === 'True' || reason === 'Suspended';
  return { state: isFinal ? 'failed' : 'waiting', reason, message };
}

/** Why a plugin is not Ready, or that it is: the reason, if there is one, and the message. */
export function explainReadiness(readiness: Readiness): string {
  const reason = 'reason' in readiness ? readiness.reason : undefined;
  return reason === undefined ? readiness.message : `${reason}: ${readiness.message}`;
}

/** How a wait ended: with this readiness, `waiting` when the time was over, and the plugin as it was then. */
export interface Waited {
  readonly readiness: Readiness;
  readonly plugin: LuaPlugin;
}

const intervalMs = 250;

/**
 * Waits until the operator has made a plugin's generation, or a later one, Ready, or waiting does not help.
 * @throws CommandError when the plugin is deleted meanwhile
 */
export async function waitUntilReady(
  plugin: LuaPlugin,
  client: KubeClient,
  options: WaitingOptions,
): Promise<Waited> {
  const { name, uid, generation = 0 } = plugin.metadata;
  const waiting = new Waiting(options, intervalMs);
  for (;;) {
    const latest = await findPlugin(client, name);
    if (latest === undefined || latest.metadata.uid !== uid) throw noSuchPlugin(name);
    const readiness = readinessOf(latest, generation);
    const waited = { readiness, plugin: latest };
    if (readiness.state !== 'waiting' || !(await waiting.pause(explainReadiness(readiness)))) return waited;
  }
}
