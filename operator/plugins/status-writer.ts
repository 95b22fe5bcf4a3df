import { isDeepStrictEqual } from 'node:util';
import { type LuaPlugin, luaPluginResource } from '../api/generated.ts';
import { type KubeClient, mergePatch } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { isNotFound } from '../kube/errors.ts';
import type { StatusPatch } from './status.ts';

/** Under load a plugin's status is written at most once in this time, in milliseconds. */
const intervalMs = 5_000;
/** As many writes may follow each other at once, so that a change of the spec is answered without a wait. */
const burst = 3;

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** What became of a status: written (the object after it), nothing to write, or to be written in some milliseconds. */
export type StatusWrite =
  | { readonly result: 'written'; readonly plugin: LuaPlugin }
  | { readonly result: 'unchanged' }
  | { readonly result: 'later'; readonly waitMs: number };

/** Writes LuaPlugin statuses, when they differ and not too often. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  /** By plugin: when its next write would be due if writes came evenly, in milliseconds since the epoch. */
  readonly #due = new Map<string, number>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** @throws ApiError or ConnectionError; a plugin that is gone needs no status */
  async write(plugin: LuaPlugin, status: StatusPatch): Promise<StatusWrite> {
    if (sameStatus(plugin, status)) return { result: 'unchanged' };
    const { client, clock } = this.#options;
    const { name } = plugin.metadata;
    const now = clock.now();
    const due = Math.max(this.#due.get(name) ?? 0, now);
    const waitMs = due - now - (burst - 1) * intervalMs;
    if (waitMs > 0) return { result: 'later', waitMs };
    this.#due.set(name, due + intervalMs);
    const { group, version, plural } = luaPluginResource;
    try {
      const written = await client.request<LuaPlugin>({
        method: 'PATCH',
        path: `/apis/${group}/${version}/${plural}/${name}/status`,
        contentType: mergePatch,
        body: { metadata: { uid: plugin.metadata.uid }, status },
      });
      return { result: 'written', plugin: written };
    } catch (error) {
      if (isNotFound(error)) return { result: 'unchanged' };
      throw error;
    }
  }

  forget(name: string): void {
    this.#due.delete(name);
  }
}

/** Whether the patch would change nothing: a null stands for an absent field. */
function sameStatus(plugin: LuaPlugin, status: StatusPatch): boolean {
  const current: Readonly<Record<string, unknown>> = { ...plugin.status };
  return Object.entries(status).every(([key, value]) => isDeepStrictEqual(current[key] ?? null, value));
}
