import { isDeepStrictEqual } from 'node:util';
import { type LuaPlugin, luaPluginResource } from '../../api/generated.ts';
import { type KubeClient, mergePatch } from '../../kube/client/client.ts';
import { isObjectNotFound } from '../../kube/client/errors.ts';
import type { Clock } from '../../time/clock.ts';
import type { StatusPatch } from './status.ts';

/** News is written at once, but for long only once in so many milliseconds. */
const newsMs = 5_000;
/** As many news may follow each other at once. */
const burst = 10;
/**
 * For so long after news, in milliseconds, somebody may be watching what comes of it: counts are written as often as
 * news, and wait only for what comes with them.
 */
const freshMs = 60_000;
const freshSettleMs = 500;
/** At other times counts wait so long, in milliseconds, for those that follow: a Deployment grows by many Pods. */
const settleMs = 5_000;
/** Every write carries the whole plugin to all who watch it: a script of 256 KiB to each node. */
const defaultCountsMs = 60_000;

export interface StatusWriterOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Counts that no news comes with are written once in so many milliseconds; a minute by default. */
  readonly countsMs?: number | undefined;
}

/** What became of a status: written (the object after it), nothing to write, or to be written in some milliseconds. */
export type StatusWrite =
  | { readonly result: 'written'; readonly plugin: LuaPlugin }
  | { readonly result: 'unchanged' }
  | { readonly result: 'later'; readonly waitMs: number };

/** What was written for one plugin; times in the clock's milliseconds. */
interface History {
  readonly lastNews: number;
  readonly lastCounts: number;
  /** When the next news would be due if they came evenly. */
  readonly newsDue: number;
  /** Since when counts differ from what is written; undefined when they do not. */
  readonly differsSince: number | undefined;
}

const never: History = {
  lastNews: Number.NEGATIVE_INFINITY,
  lastCounts: Number.NEGATIVE_INFINITY,
  newsDue: 0,
  differsSince: undefined,
};

/** Writes LuaPlugin statuses, when they differ and not too often. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #histories = new Map<string, History>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /**
   * @param plugin as it was seen last
   * @throws ApiError or ConnectionError: a conflict when somebody else has written meanwhile and conditions are to
   * change. A plugin that is gone needs no status
   */
  async write(plugin: LuaPlugin, status: StatusPatch): Promise<StatusWrite> {
    const { client, clock } = this.#options;
    const { name, uid, resourceVersion } = plugin.metadata;
    const now = clock.now();
    const history = this.#histories.get(name) ?? never;
    const changes = changesOf(plugin, status);
    if (Object.keys(changes).length === 0) {
      this.#histories.set(name, { ...history, differsSince: undefined });
      return { result: 'unchanged' };
    }
    const isNews = !isDeepStrictEqual(news(plugin.status), news(status));
    const differsSince = history.differsSince ?? now;
    const waitMs = isNews
      ? history.newsDue - now - (burst - 1) * newsMs
      : this.#countsDue({ ...history, differsSince }, now) - now;
    if (waitMs > 0) {
      this.#histories.set(name, { ...history, differsSince });
      return { result: 'later', waitMs };
    }
    // A merge patch replaces a list as a whole: one made from a copy would take away what others have put in since.
    const precondition = changes.conditions === undefined ? { uid } : { uid, resourceVersion };
    const { group, version, plural } = luaPluginResource;
    try {
      const written = await client.request<LuaPlugin>({
        method: 'PATCH',
        path: `/apis/${group}/${version}/${plural}/${name}/status`,
        contentType: mergePatch,
        body: { metadata: precondition, status: changes },
      });
      this.#histories.set(name, {
        lastNews: isNews ? now : history.lastNews,
        lastCounts: isNews ? history.lastCounts : now,
        newsDue: isNews ? Math.max(history.newsDue, now) + newsMs : history.newsDue,
        differsSince: undefined,
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

  #countsDue({ lastNews, lastCounts, differsSince = 0 }: History, now: number): number {
    const { countsMs = defaultCountsMs } = this.#options;
    const isFresh = now - lastNews < freshMs;
    const [settle, interval] = isFresh ? [freshSettleMs, newsMs] : [settleMs, countsMs];
    return Math.max(differsSince + settle, lastCounts + interval);
  }
}

/** The parts of a status that somebody waits for: kubectl wait, a person who has just applied. */
function news(status: Partial<StatusPatch> | undefined): unknown {
  const conditions = status?.conditions ?? [];
  return [
    status?.observedGeneration,
    status?.activeRevision ?? null,
    status?.tests ?? null,
    conditions.map(({ type, status: holds, reason, message }) => [
      type,
      holds,
      reason,
      // Others' messages follow the counts: the latest error, a Pod of a conflict.
      type === 'Ready' ? message : '',
    ]),
  ];
}

/** The parts that differ from what is there, and so have to be written; a null stands for an absent field. */
function changesOf({ status }: LuaPlugin, wanted: StatusPatch): Partial<StatusPatch> {
  const current: Readonly<Record<string, unknown>> = { ...status };
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => !isDeepStrictEqual(current[key] ?? null, value)),
  );
}
