import { EventEmitter } from 'node:events';
import { describeError } from '../kube/client/errors.ts';
import type { OwnerReference } from '../kube/client/types.ts';
import type { Logger } from '../observability/logging.ts';
import type { Clock } from '../time/clock.ts';
import type { OwnerReader } from './owner-reader.ts';
import type { OwnerWatches } from './owner-watches.ts';
import type { OwnerAnswer, Owners } from './standard.ts';

export interface FollowedOwnersOptions {
  readonly reader: Pick<OwnerReader, 'read'>;
  /** Absent: every owner is read by itself. */
  readonly watches?: OwnerWatches | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Owners remembered at the most that are read one by one; the one asked for longest ago is forgotten first. */
  readonly capacity?: number;
}

const defaultCapacity = 10_000;
/** Changes are told together, so many milliseconds after the first of them. */
const togetherMs = 500;
/** How often, in milliseconds, is looked for answers that have aged. */
const roundMs = 10_000;
/** How often, in milliseconds, is looked for watches that no Pod needs any more: it takes a look at all Pods. */
const unusedMs = 5 * 60_000;
/** So old, in milliseconds, an answer is asked for again. */
const agedMs = 90_000;
/** Reads at a time, and the milliseconds that they take at the least: a thousand owners are asked for in two minutes. */
const reads = { count: 20, ms: 400 };

/** An owner that was read by itself. */
interface Remembered {
  readonly owner: OwnerReference;
  readonly namespace: string;
  answer: Promise<OwnerAnswer>;
  /** What it came to; undefined as long as it is asked for. */
  controller: OwnerReference | undefined;
  /** In the clock's milliseconds; undefined while it is asked for the first time. */
  readAt: number | undefined;
}

/**
 * Who controls the owners of Pods, and what becomes of that: an owner may be orphaned, adopted, or handed on, its UID
 * and its Pods unchanged. A watch tells of it at once; where there is none, answers age, and are asked for again as
 * long as a Pod rests on them.
 *
 * An owner reference is whatever the Pod's creator wrote: it is believed for this Pod only, so the memory goes by
 * all of it and by the namespace. Of an owner that is gone the last answer stands: its Pods go after it.
 */
export class FollowedOwners implements Owners {
  readonly #options: FollowedOwnersOptions;
  readonly #known = new Map<string, Remembered>();
  readonly #changed = new Set<string>();
  readonly #listeners = new EventEmitter<{ change: [ReadonlySet<string>] }>();
  #inUse: () => Iterable<string> = () => [];
  #unusedAt = 0;

  constructor(options: FollowedOwnersOptions) {
    this.#options = options;
    options.watches?.onChange((uid) => this.#change(uid));
  }

  /** Has the listener told of the owners, by UID, above which something changed, soon after it did. */
  onChange(listener: (uids: ReadonlySet<string>) => void): void {
    this.#listeners.on('change', listener);
  }

  /** @param uids gives the UIDs of the owners that Pods name themselves, some of them several times */
  followUse(uids: () => Iterable<string>): void {
    this.#inUse = uids;
  }

  /** @throws what OwnerReader throws */
  controllerOf(owner: OwnerReference, namespace: string): Promise<OwnerAnswer> {
    const watched = this.#options.watches?.find(owner, namespace);
    if (watched !== undefined) return Promise.resolve(watched);
    const key = [namespace, owner.apiVersion, owner.kind, owner.name, owner.uid].join('\n');
    const known = this.#known.get(key);
    if (known !== undefined) return known.answer;
    const remembered: Remembered = {
      owner,
      namespace,
      answer: Promise.resolve().then(() => this.#ask(key, remembered)),
      controller: undefined,
      readAt: undefined,
    };
    this.#known.set(key, remembered);
    const [oldest] = this.#known.keys();
    if (this.#known.size > (this.#options.capacity ?? defaultCapacity) && oldest !== undefined) {
      this.#known.delete(oldest);
    }
    return remembered.answer;
  }

  /** Asks again for what has aged, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(roundMs, signal).catch(() => {});
      if (!signal.aborted) await this.#round(signal);
    }
  }

  async #ask(key: string, remembered: Remembered): Promise<OwnerAnswer> {
    const { reader, watches, clock } = this.#options;
    const { owner, namespace } = remembered;
    try {
      await watches?.look(owner);
      const watched = watches?.find(owner, namespace);
      if (watched !== undefined) {
        this.#known.delete(key);
        return watched;
      }
      const { answer } = await reader.read(owner, namespace);
      if (!answer.isFinal) {
        this.#known.delete(key);
        return watches?.findLast(owner, namespace) ?? answer;
      }
      remembered.controller = answer.controller;
      remembered.readAt = clock.now();
      return answer;
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { watches, clock } = this.#options;
    const looksForUnused = clock.now() - this.#unusedAt >= unusedMs;
    if (this.#known.size === 0 && !watches?.isIncomplete && !looksForUnused) return;
    const inUse = this.#usedOwners();
    if (looksForUnused) {
      this.#unusedAt = clock.now();
      watches?.endUnused(inUse);
    }
    for (const [key, { owner, namespace, readAt }] of this.#known) {
      const isUsed = inUse.has(owner.uid) && watches?.find(owner, namespace) === undefined;
      if (readAt !== undefined && !isUsed) this.#known.delete(key);
    }
    for (const { owner, namespace } of watches?.orphaned(inUse) ?? []) this.#adopt(owner, namespace);
    const aged = [...this.#known.values()]
      .filter(({ readAt }) => readAt !== undefined && clock.now() - readAt >= agedMs)
      .sort((a, b) => (a.readAt ?? 0) - (b.readAt ?? 0));
    const failed = new Set<string>();
    for (let start = 0; start < aged.length && !signal.aborted; start += reads.count) {
      const some = aged.slice(start, start + reads.count).filter(({ owner }) => !failed.has(kindOf(owner)));
      const pause = clock.sleep(reads.ms, signal).catch(() => {});
      await Promise.all(some.map((one) => this.#readAgain(one, failed)));
      await pause;
    }
  }

  /** Remembers what a watch told as long as it could, as an answer that has aged. */
  #adopt(owner: OwnerReference, namespace: string): void {
    const answer = this.#options.watches?.findLast(owner, namespace);
    const key = [namespace, owner.apiVersion, owner.kind, owner.name, owner.uid].join('\n');
    if (answer === undefined || this.#known.has(key)) return;
    const { controller } = answer;
    this.#known.set(key, { owner, namespace, answer: Promise.resolve(answer), controller, readAt: 0 });
  }

  async #readAgain(remembered: Remembered, failed: Set<string>): Promise<void> {
    const { reader, clock, logger } = this.#options;
    const { owner, namespace, controller } = remembered;
    try {
      const { answer, isGone } = await reader.read(owner, namespace, { resourceVersion: '0' });
      remembered.readAt = clock.now();
      // What may not be read any more, or is gone, keeps its last answer.
      if (isGone || !answer.isFinal || isSame(controller, answer.controller)) return;
      remembered.answer = Promise.resolve(answer);
      remembered.controller = answer.controller;
      this.#change(owner.uid);
    } catch (error) {
      failed.add(kindOf(owner));
      const { kind, name } = owner;
      logger.debug({ kind, name, namespace, error: describeError(error) }, 'could not read an owner again');
    }
  }

  #change(uid: string): void {
    const isFirst = this.#changed.size === 0;
    this.#changed.add(uid);
    if (!isFirst) return;
    void this.#options.clock.sleep(togetherMs).then(() => {
      const concerned = new Set(this.#changed);
      this.#changed.clear();
      for (let above: ReadonlySet<string> = concerned; above.size > 0; ) {
        const below = new Set([...this.#controlledBy(above)].filter((one) => !concerned.has(one)));
        for (const one of below) concerned.add(one);
        above = below;
      }
      this.#listeners.emit('change', concerned);
    });
  }

  *#controlledBy(uids: ReadonlySet<string>): Iterable<string> {
    for (const { owner, controller } of this.#known.values()) {
      if (controller !== undefined && uids.has(controller.uid)) yield owner.uid;
    }
    yield* this.#options.watches?.controlledBy(uids) ?? [];
  }

  /** The UIDs of all owners that a Pod rests on, directly or by others. */
  #usedOwners(): Set<string> {
    const { watches } = this.#options;
    const used = new Set(this.#inUse());
    const controllers = new Map<string, string>();
    for (const { owner, controller } of this.#known.values()) {
      if (controller !== undefined) controllers.set(owner.uid, controller.uid);
    }
    // What is added meanwhile is gone through as well.
    for (const uid of used) {
      const above = controllers.get(uid) ?? watches?.controllerUidOf(uid);
      if (above !== undefined) used.add(above);
    }
    return used;
  }
}

function isSame(a: OwnerReference | undefined, b: OwnerReference | undefined): boolean {
  return a?.uid === b?.uid && a?.kind === b?.kind && a?.name === b?.name && a?.apiVersion === b?.apiVersion;
}

function kindOf({ apiVersion, kind }: OwnerReference): string {
  return `${apiVersion}/${kind}`;
}
