import { findExcess } from '../api/bounds.ts';
import type { FieldError } from '../api/errors.ts';
import type { LuaPlugin, LuaPluginSpec } from '../api/generated.ts';
import { isOlderVersion } from '../kube/client/resource-version.ts';
import type { EventInput } from '../kube/events/events.ts';
import type { WorkQueue } from '../kube/queue/workqueue.ts';
import type { Origin, ReflectorSink } from '../kube/watch/reflector.ts';
import type { Clock } from '../time/clock.ts';
import type { Lifecycle } from './lifecycle/lifecycle.ts';
import type { RevisionHistory } from './revisions/revision-history.ts';
import { earlierErrors } from './status/earlier-status.ts';
import { eventsOf } from './status/events.ts';
import type { EarlierErrors, PluginStatistics } from './status/statistics.ts';
import { buildStatus, degradedMs } from './status/status.ts';
import type { StatusWriter } from './status/status-writer.ts';

/** Stands for a spec that is too large to be kept. */
const emptySpec = {} as LuaPluginSpec;

export interface PluginControllerOptions {
  readonly lifecycle: Pick<Lifecycle, 'apply' | 'holdPlace' | 'remove'>;
  /** The numbers of all Pods; undefined while they are not known. */
  readonly statistics: {
    get(plugin: string): PluginStatistics | undefined;
    /** See Statistics.takeOver; absent where no other instance counts the same. */
    takeOver?(plugin: string, recorded: EarlierErrors): void;
  };
  readonly statusWriter: Pick<StatusWriter, 'write' | 'forget'>;
  readonly history: Pick<RevisionHistory, 'keep' | 'forget' | 'restart'>;
  /** Of plugins' names. */
  readonly queue: Pick<WorkQueue, 'add' | 'addAfter' | 'run'>;
  /** Whether this instance writes: every instance loads the plugins, one reports on them. */
  readonly isLeader: () => boolean;
  readonly recordEvent: (event: EventInput) => void;
  readonly clock: Clock;
}

/** Keeps the LuaPlugins that the API server shows, puts each to work, and reports on it in its status. */
export class PluginController implements ReflectorSink<LuaPlugin> {
  readonly #options: PluginControllerOptions;
  readonly #names = new Map<string, string>();
  readonly #plugins = new Map<string, LuaPlugin>();
  /** By name: why a plugin's spec was not kept. */
  readonly #excesses = new Map<string, FieldError>();

  constructor(options: PluginControllerOptions) {
    this.#options = options;
  }

  /** Puts plugins to work until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#options.queue.run(signal, (name) => this.reconcile(name));
  }

  upsert(plugin: LuaPlugin, origin: Origin = 'watch'): void {
    const { name, uid = '' } = plugin.metadata;
    this.#names.set(uid, name);
    if (!this.#store(plugin, origin)) return;
    this.#options.lifecycle.holdPlace(this.#plugins.get(name) ?? plugin);
    this.#options.queue.add(name, { atOnce: true });
  }

  remove(uid: string): void {
    const name = this.#names.get(uid);
    this.#names.delete(uid);
    if (name === undefined || this.#plugins.get(name)?.metadata.uid !== uid) return;
    this.#plugins.delete(name);
    this.#excesses.delete(name);
    this.#options.queue.add(name, { atOnce: true });
  }

  uids(): Iterable<string> {
    return this.#names.keys();
  }

  /** Queues every plugin: this instance leads from now on, and has to report on all of them. */
  resync(): void {
    const { history, statistics, queue } = this.#options;
    history.restart();
    for (const [name, { status }] of this.#plugins) {
      statistics.takeOver?.(name, earlierErrors(status));
      queue.add(name, { atOnce: true });
    }
  }

  /** The queue's handler. @throws for faults that may pass */
  async reconcile(name: string): Promise<void> {
    const { lifecycle, statistics, statusWriter, history, recordEvent, queue, clock } = this.#options;
    const plugin = this.#plugins.get(name);
    if (plugin === undefined) {
      lifecycle.remove(name);
      statusWriter.forget(name);
      history.forget(name);
      return;
    }
    const state = await lifecycle.apply(plugin, this.#excesses.get(name));
    if (state.retryAt !== undefined) queue.addAfter(name, Math.max(0, state.retryAt - clock.now()));

    if (!this.#options.isLeader()) return;
    const numbers = statistics.get(name);
    const latest = this.#plugins.get(name) ?? plugin;
    if (latest.metadata.uid === state.uid) history.keep(latest, state.active);
    const status = buildStatus({ state, statistics: numbers, current: latest.status, now: clock.wallTime() });
    const write = await statusWriter.write(latest, status);
    // While the status was written the plugin may have been deleted, or made anew.
    const isCurrent = this.#plugins.get(name)?.metadata.uid === latest.metadata.uid;
    if (write.result === 'written' && isCurrent && this.#store(write.plugin, 'watch')) {
      // The answer shows a change that came meanwhile: to the watch, which tells of it later, it is no news any more.
      if (write.plugin.metadata.generation !== latest.metadata.generation) queue.add(name, { atOnce: true });
    }
    if (write.result === 'written') eventsOf(latest, status).forEach(recordEvent);
    if (write.result === 'later') queue.addAfter(name, write.waitMs);
    const calmMs = (numbers?.lastErrors[0]?.time ?? 0) + degradedMs - clock.wallTime();
    if (calmMs > 0) queue.addAfter(name, Math.min(calmMs, degradedMs));
  }

  /** @returns whether it was news */
  #store(plugin: LuaPlugin, origin: Origin): boolean {
    const { name, uid, resourceVersion = '' } = plugin.metadata;
    const known = this.#plugins.get(name)?.metadata;
    const version = known?.uid === uid ? known?.resourceVersion : undefined;
    if (version === resourceVersion) return false;
    // The answer to the operator's own status write may overtake the watch, and a list.
    if (origin !== 'restored' && isOlderVersion(resourceVersion, version ?? '')) return false;
    const excess = findExcess(plugin.spec);
    if (excess === undefined) this.#excesses.delete(name);
    else this.#excesses.set(name, excess);
    this.#plugins.set(name, excess === undefined ? plugin : { ...plugin, spec: emptySpec });
    return true;
  }
}
