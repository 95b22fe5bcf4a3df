import type { LuaPlugin } from '../../api/generated.ts';
import {
  makeRevision,
  type RevisionObject,
  revisionLabels,
  revisionNumber,
  revisionSelector,
  revisionsPath,
  sortRevisions,
} from '../../api/revisions.ts';
import { type KubeClient, metadataListAccept } from '../../kube/client/client.ts';
import {
  ApiError,
  describeError,
  isAlreadyExists,
  isForbidden,
  isNotFound,
  isObjectNotFound,
  isRefused,
} from '../../kube/client/errors.ts';
import { listPages } from '../../kube/client/list.ts';
import type { KubeObject } from '../../kube/client/types.ts';
import type { EventInput } from '../../kube/events/events.ts';
import type { WorkQueue } from '../../kube/queue/workqueue.ts';
import type { Logger } from '../../observability/logging.ts';
import type { Active } from '../state/plugin-state.ts';
import { subjectOf } from '../status/events.ts';

export interface RevisionHistoryOptions {
  /** Writes only while this instance leads. */
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  /** Of the names of plugins whose revisions are to be kept. */
  readonly queue: Pick<WorkQueue, 'add' | 'run'>;
  readonly recordEvent: (event: EventInput) => void;
  readonly logger: Logger;
}

/** What is to be kept of a plugin: the revision that serves, and so many earlier ones. */
interface Wanted {
  readonly plugin: LuaPlugin;
  readonly active: Active;
  readonly limit: number;
}

/** One revision that is kept, as a list of metadata shows it. */
interface Kept {
  readonly number: number;
  readonly name: string;
  readonly uid: string;
  readonly hash: string | undefined;
}

const pageSize = 500;

/**
 * Stores each revision that begins to serve as a ControllerRevision, for a rollback, and prunes the oldest. Serving
 * does not wait for it: it works from a queue of its own, which repeats what fails.
 */
export class RevisionHistory {
  readonly #options: RevisionHistoryOptions;
  readonly #wanted = new Map<string, Wanted>();
  /** By name: what was queued last. The queue repeats what fails, at its own pace: nobody else has to. */
  readonly #queued = new Map<string, string>();
  /** By name: why a revision is not stored, as it was told last. */
  readonly #told = new Map<string, string>();

  constructor(options: RevisionHistoryOptions) {
    this.#options = options;
  }

  /** Stores revisions until the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#options.queue.run(signal, (name, ending) => this.reconcile(name, ending));
  }

  /** A revision of this plugin serves; queues it when that, or the limit, is news. Cheap: each change of a count calls it. */
  keep(plugin: LuaPlugin, active: Active | undefined): void {
    const { name } = plugin.metadata;
    if (active === undefined) return;
    const wanted = { plugin, active, limit: plugin.spec.revisionHistoryLimit ?? defaultLimit };
    this.#wanted.set(name, wanted);
    if (this.#queued.get(name) === summary(wanted)) return;
    this.#queued.set(name, summary(wanted));
    this.#options.queue.add(name, { atOnce: true });
  }

  /** Forgets a deleted plugin; its revisions go with it, by their owner reference. */
  forget(name: string): void {
    this.#wanted.delete(name);
    this.#queued.delete(name);
    this.#told.delete(name);
  }

  /** This instance leads from now on; what another has done meanwhile is not known. */
  restart(): void {
    this.#queued.clear();
    this.#told.clear();
  }

  /** The queue's handler. @throws for faults that may pass */
  async reconcile(name: string, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted.get(name);
    if (wanted === undefined) return;
    const { plugin, active, limit } = wanted;
    const stored = await this.#list(plugin, signal);
    let refusal: unknown;
    try {
      await this.#store(wanted, stored, signal);
    } catch (error) {
      if (!mayCome(error) && !isRefused(error) && !isTooLarge(error)) throw error;
      refusal = error;
    }
    this.#report(wanted, refusal);
    const earlier = stored.filter(({ number }) => number !== active.number);
    for (const revision of sortRevisions(earlier).slice(limit)) await this.#delete(revision, signal);
    if (mayCome(refusal)) throw refusal;
  }

  async #list(plugin: LuaPlugin, signal: AbortSignal): Promise<Kept[]> {
    const { client, namespace } = this.#options;
    const kept: Kept[] = [];
    const pages = listPages<KubeObject>({
      client,
      path: revisionsPath(namespace),
      query: { labelSelector: revisionSelector(plugin.metadata.uid) },
      accept: metadataListAccept,
      pageSize,
      signal,
    });
    for await (const { items } of pages) {
      for (const { metadata } of items) {
        // What somebody else put there under a name of his own is not ours to delete.
        const number = revisionNumber(plugin.metadata, metadata.name);
        const hash = metadata.labels?.[revisionLabels.hash];
        if (number !== undefined) kept.push({ number, name: metadata.name, uid: metadata.uid, hash });
      }
    }
    return kept;
  }

  async #store({ plugin, active }: Wanted, stored: readonly Kept[], signal: AbortSignal): Promise<void> {
    const { client, namespace, logger } = this.#options;
    const there = stored.find(({ number }) => number === active.number);
    if (there?.hash === active.hash) return;
    // The status was lost after a number was given: that revision is in no status, the number is this one's.
    if (there !== undefined) await this.#delete(there, signal);
    const source = { ...active.plugin, metadata: plugin.metadata };
    const body: RevisionObject = makeRevision(source, active, namespace);
    try {
      await client.request({ method: 'POST', path: revisionsPath(namespace), body, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return;
    }
    logger.debug({ plugin: plugin.metadata.name, revision: active.number }, 'revision stored');
  }

  async #delete({ name, uid }: Kept, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#options;
    try {
      await client.request({
        method: 'DELETE',
        path: `${revisionsPath(namespace)}/${name}`,
        body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } },
        signal,
      });
    } catch (error) {
      if (!isObjectNotFound(error)) throw error;
    }
  }

  /** Tells once why a revision is not stored; the queue has the log's line where it tries again. */
  #report({ plugin, active }: Wanted, refusal: unknown): void {
    const { logger, recordEvent } = this.#options;
    const { name } = plugin.metadata;
    if (refusal === undefined) {
      this.#told.delete(name);
      return;
    }
    const error = describeError(refusal);
    const note = `revision ${active.number} serves, but can't be kept for a rollback: ${error}`;
    if (this.#told.get(name) === note || !this.#wanted.has(name)) return;
    this.#told.set(name, note);
    const level = mayCome(refusal) ? 'debug' : 'warn';
    logger[level]({ plugin: name, revision: active.number, error }, 'revision not stored');
    recordEvent({
      regarding: subjectOf(plugin),
      type: 'Warning',
      reason: 'RevisionNotStored',
      action: 'Store',
      note,
    });
  }
}

/** A quota may be full of what is pruned now, and a permission or the namespace may come. */
function mayCome(error: unknown): boolean {
  return isForbidden(error) || isNotFound(error);
}

/** What etcd refuses for its size, the API server (1.36) answers with a 500. */
function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && error.status === 500 && error.message.includes('request is too large');
}

/** The schema's; a plugin whose spec was not kept has none. */
const defaultLimit = 10;

function summary({ plugin, active, limit }: Wanted): string {
  return [plugin.metadata.uid, active.number, active.hash, limit].join('/');
}
