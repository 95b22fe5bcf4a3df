import type { LuaPlugin } from '../../api/generated.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Clock } from '../../kube/clock.ts';
import { findPlugin, noSuchPlugin } from './plugins.ts';
import { type Readiness, readinessOf } from './readiness.ts';

/** What is waited for, and for how long. */
export interface Wait {
  readonly client: KubeClient;
  readonly plugin: LuaPlugin;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told what is waited for, when that changes; not of a wait that is short. */
  readonly onWaiting: (message: string) => void;
}

/** How a wait ended: with this readiness, `waiting` when the time was over, and the plugin as it was then. */
export interface Waited {
  readonly readiness: Readiness;
  readonly plugin: LuaPlugin;
}

const intervalMs = 250;
/** Whoever waits less needs no news. */
const patienceMs = 1_000;

/**
 * Waits until the operator has made a plugin's generation, or a later one, Ready, or waiting does not help.
 * @throws CommandError when the plugin is deleted meanwhile
 */
export async function waitUntilReady({ client, plugin, timeoutMs, clock, onWaiting }: Wait): Promise<Waited> {
  const { name, uid, generation = 0 } = plugin.metadata;
  const begun = clock.now();
  let told: string | undefined;
  for (;;) {
    const latest = await findPlugin(client, name);
    if (latest === undefined || latest.metadata.uid !== uid) throw noSuchPlugin(name);
    const readiness = readinessOf(latest, generation);
    const waitedMs = clock.now() - begun;
    if (readiness.state !== 'waiting' || waitedMs >= timeoutMs) return { readiness, plugin: latest };
    const { reason, message } = readiness;
    const news = reason === undefined ? message : `${reason}: ${message}`;
    if (waitedMs >= patienceMs && news !== told) {
      told = news;
      onWaiting(news);
    }
    await clock.sleep(Math.min(intervalMs, timeoutMs - waitedMs));
  }
}
