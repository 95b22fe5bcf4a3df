import { isDeepStrictEqual } from 'node:util';
import { type LuaPlugin, luaPluginResource } from '../api/generated.ts';
import { type KubeClient, mergePatch } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { isObjectNotFound } from '../kube/errors.ts';
import type { StatusPatch } from './status.ts';

/** News (another generation, another condition) is written at once, but for long only once in so many milliseconds. */
const intervalMs = 5_000;
/** As many news may follow each other at once. */
const burst = 10;
/** Numbers wait so many milliseconds for what comes with them, also after news. */
const settleMs = 500;

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
}

/** What became of a status: written (the object after it), nothing to write, or to be written in some milliseconds. */
export type StatusWrite =
  | { readonly result: 'written'; readonly plugin: LuaPlugin }
  | { readonly result: 'unchanged' }
  | { readonly result: 'later'; readonly waitMs: number };

/** What was written for one plugin; times in milliseconds since the epoch. */
interface History {
  last: number;
  lastNumbers: number;
  /** When the next news would be due if they came evenly. */
  newsDue: number;
}

const never: History = { last: Number.NEGATIVE_INFINITY, lastNumbers: Number.NEGATIVE_INFINITY, newsDue: 0 };

/** Writes LuaPlugin statuses, when they differ and not too often. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #histories = new Map<string, History>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** @throws ApiError or ConnectionError; a plugin that is gone needs no status */
  async write(plugin: LuaPlugin, status: StatusPatch): Promise<StatusWrite> {
    if (sameStatus(plugin, status)) return { result: 'unchanged' };
    const { client, clock } = this.#options;
    const { name } = plugin.metadata;
    const now = clock.now();
    const history = this.#histories.get(name) ?? never;
    const isNews = !isDeepStrictEqual(news(plugin.status), news(status));
    const waitMs = isNews
      ? history.newsDue - now - (burst - 1) * intervalMs
      : Math.max(history.lastNumbers + intervalMs, history.last + settleMs) - now;
    if (waitMs > 0) return { result: 'later', waitMs };
    this.#histories.set(name, {
      last: now,
      lastNumbers: isNews ? history.lastNumbers : now,
      newsDue: isNews ? Math.max(history.newsDue, now) + intervalMs : history.newsDue,
    });
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
      if (isObjectNotFound(error)) return { result: 'unchanged' };
      throw error;
    }
  }

  forget(name: string): void {
    this.#histories.delete(name);
  }
}

/** The parts of a status that somebody waits for: kubectl wait, a person who has just applied. */
function news(status: Partial<StatusPatch> | undefined): unknown {
  const conditions = status?.conditions ?? [];
  return [
    status?.observedGeneration,
    conditions.map(({ type, status: holds, reason }) => `${type}=${holds} ${reason}`),
  ];
}

/** Whether the patch would change nothing: a null stands for an absent field. */
function sameStatus(plugin: LuaPlugin, status: StatusPatch): boolean {
  const current: Readonly<Record<string, unknown>> = { ...plugin.status };
  return Object.entries(status).every(([key, value]) => isDeepStrictEqual(current[key] ?? null, value));
}
