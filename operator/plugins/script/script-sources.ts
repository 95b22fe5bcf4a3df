import { EventEmitter } from 'node:events';
import type { ConfigMapKeyRef, LuaPluginSpec } from '../../api/generated.ts';
import { aborted } from '../../time/aborted.ts';
import { ConfigMapWatch, type ConfigMapWatchOptions } from './config-map-watch.ts';
import type { ScriptText } from './script-text.ts';

/**
 * Where plugins' scripts come from. A ConfigMap is watched, alone, from the first plugin that takes its script from
 * it to the last.
 */
export class ScriptSources {
  readonly #options: ConfigMapWatchOptions;
  readonly #listeners = new EventEmitter<{ change: [plugin: string] }>();
  /** By namespace/name. */
  readonly #watches = new Map<string, ConfigMapWatch>();
  /** By plugin: the ConfigMap that it follows, as namespace/name. */
  readonly #followed = new Map<string, string>();
  /** Of watches that nobody needs any more, until they have ended. */
  readonly #ending = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: ConfigMapWatchOptions) {
    this.#options = options;
  }

  /** Has the listener told of each plugin whose script in a ConfigMap may be another from now on. */
  onChange(listener: (plugin: string) => void): void {
    this.#listeners.on('change', listener);
  }

  /** ConfigMaps that are watched. */
  get watches(): number {
    return this.#watches.size;
  }

  /** The script of a valid plugin; from now on its changes are told. */
  async read(plugin: string, { script, scriptFrom }: LuaPluginSpec): Promise<ScriptText> {
    if (script !== undefined || scriptFrom === undefined) {
      this.release(plugin);
      return { ok: true, script: script ?? '' };
    }
    if (this.#isStopped) return { ok: false, message: 'the operator stops' };
    const ref = scriptFrom.configMapKeyRef;
    return await this.#follow(plugin, ref).read(plugin);
  }

  /** The plugin needs no script any more. */
  release(plugin: string): void {
    this.#leave(plugin, this.#followed.get(plugin));
    this.#followed.delete(plugin);
  }

  /** Ends all watches when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await aborted(signal);
    this.#isStopped = true;
    for (const plugin of [...this.#followed.keys()]) this.release(plugin);
    await Promise.all(this.#ending);
  }

  #follow(plugin: string, ref: ConfigMapKeyRef): ConfigMapWatch {
    const key = `${ref.namespace}/${ref.name}`;
    const watch =
      this.#watches.get(key) ??
      new ConfigMapWatch(ref, this.#options, (changed) => this.#listeners.emit('change', changed));
    this.#watches.set(key, watch);
    watch.follow(plugin, ref);
    const before = this.#followed.get(plugin);
    this.#followed.set(plugin, key);
    if (before !== key) this.#leave(plugin, before);
    return watch;
  }

  #leave(plugin: string, key: string | undefined): void {
    const watch = this.#watches.get(key ?? '');
    if (key === undefined || watch === undefined) return;
    watch.unfollow(plugin);
    if (watch.isFollowed) return;
    this.#watches.delete(key);
    const ending = watch.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
