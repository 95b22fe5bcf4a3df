import type { LuaPlugin } from '../../operator/api/generated.ts';
import type { KubeClient } from '../../operator/kube/client/client.ts';
import { findPlugin, noSuchPlugin } from './plugins.ts';
import { type Readiness, readinessOf } from './readiness.ts';
import { Waiting, type WaitingOptions } from './waiting.ts';

/** What is waited for, and for how long. */
export interface Wait extends WaitingOptions {
  readonly client: KubeClient;
  readonly plugin: LuaPlugin;
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
export async function waitUntilReady({ client, plugin, ...options }: Wait): Promise<Waited> {
  const { name, uid, generation = 0 } = plugin.metadata;
  const waiting = new Waiting(options, intervalMs);
  for (;;) {
    const latest = await findPlugin(client, name);
    if (latest === undefined || latest.metadata.uid !== uid) throw noSuchPlugin(name);
    const readiness = readinessOf(latest, generation);
    const waited = { readiness, plugin: latest };
    if (readiness.state !== 'waiting') return waited;
    const { reason, message } = readiness;
    if (!(await waiting.pause(reason === undefined ? message : `${reason}: ${message}`))) return waited;
  }
}
